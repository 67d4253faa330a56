// Texts to begin with, and what a pasted text leaves open.
const json = (value: unknown) => JSON.stringify(value, null, 2);
const task = (name: string, next: string) => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  InputPath: "$.body",
  Parameters: { FunctionName: `< ${name} ARN >`, "Payload.$": "$" },
  OutputPath: "$.Payload",
  Retry: [{ ErrorEquals: ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }],
  Catch: [{ ErrorEquals: ["States.ALL"], Next: "Execution Failed" }],
  Next: next,
});

export const SAMPLES: { title: string; text: string }[] = [
  {
    title: "Hello World",
    text: json({
      Comment: "Says hello, waits a moment, and says whom it met.",
      StartAt: "Hello",
      States: {
        Hello: { Type: "Pass", Result: "Hello", ResultPath: "$.greeting", Next: "Somebody there?" },
        "Somebody there?": { Type: "Choice", Choices: [{ Variable: "$.name", IsPresent: true, Next: "Wait a moment" }], Default: "Nobody" },
        "Wait a moment": { Type: "Wait", Seconds: 2, Next: "Say it" },
        "Say it": { Type: "Pass", Parameters: { "text.$": "States.Format('{}, {}!', $.greeting, $.name)" }, End: true },
        Nobody: { Type: "Fail", Error: "NobodyThere", Cause: "The input has no name. Try {\"name\": \"Ada\"}." },
      },
    }),
  },
  {
    title: "Face blurring (the exercise)",
    text: json({
      Comment: "Waits for the face detection job of a video, then blurs the faces.",
      StartAt: "Check Job Status",
      States: {
        "Check Job Status": task("check-rekognition-job-status", "Job finished?"),
        "Job finished?": {
          Type: "Choice",
          Choices: [
            { Variable: "$.body.job_status", StringEquals: "IN_PROGRESS", Next: "Wait 1 Second" },
            { Variable: "$.body.job_status", StringEquals: "SUCCEEDED", Next: "Get Timestamps and Faces" },
          ],
          Default: "Execution Failed",
        },
        "Wait 1 Second": { Type: "Wait", Seconds: 1, Next: "Check Job Status" },
        "Get Timestamps and Faces": task("get-rekognized-faces", "Blur Faces on Video"),
        "Blur Faces on Video": task("blur-faces", "Execution Succeeded"),
        "Execution Succeeded": { Type: "Succeed" },
        "Execution Failed": { Type: "Fail" },
      },
    }),
  },
  { title: "Empty", text: json({ StartAt: "First", States: { First: { Type: "Pass", End: true } } }) },
];

// "< blur-faces ARN >" as the exercise writes it, "${BlurFacesArn}" as templates do.
const OPEN = /<\s*([\w-]{1,64})\s+ARN\s*>|\$\{([A-Za-z]\w{0,63})Arn\}/g;
const dashed = (camel: string) => camel.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();

export function placeholdersOf(text: string): { name: string }[] {
  const names = new Set<string>();
  for (const found of text.matchAll(OPEN)) names.add(found[1] ?? dashed(found[2] ?? ""));
  return [...names].slice(0, 50).map((name) => ({ name }));
}
export const putInPlace = (text: string, arnOf: (name: string) => string): string =>
  text.replace(OPEN, (whole, named: string | undefined, camel: string | undefined) => arnOf(named ?? dashed(camel ?? "")) || whole);
