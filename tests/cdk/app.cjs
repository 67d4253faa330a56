// A queue, a bucket, a function and a machine.
const cdk = require('aws-cdk-lib');
const sqs = require('aws-cdk-lib/aws-sqs');
const s3 = require('aws-cdk-lib/aws-s3');
const lambda = require('aws-cdk-lib/aws-lambda');
const sfn = require('aws-cdk-lib/aws-stepfunctions');
const tasks = require('aws-cdk-lib/aws-stepfunctions-tasks');
const app = new cdk.App();
const stack = new cdk.Stack(app, process.env.STACK || 'CdkStack', { env: { account: '000000000000', region: 'us-east-1' } });
const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: cdk.Duration.seconds(Number(process.env.TIMEOUT || 30)) });
new s3.Bucket(stack, 'Bucket', { removalPolicy: cdk.RemovalPolicy.DESTROY });
const fn = new lambda.Function(stack, 'Function', { runtime: lambda.Runtime.PYTHON_3_11, handler: 'index.handler', code: lambda.Code.fromAsset(process.env.CODE) });
fn.addEnvironment('QUEUE_URL', queue.queueUrl);
queue.grantSendMessages(fn);
new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(new tasks.LambdaInvoke(stack, 'Call', { lambdaFunction: fn, outputPath: '$.Payload' })) });
if (process.env.FAILS) new lambda.CfnEventSourceMapping(stack, 'Broken', { functionName: 'no-such-function', eventSourceArn: queue.queueArn });
new cdk.CfnOutput(stack, 'Url', { value: queue.queueUrl });
