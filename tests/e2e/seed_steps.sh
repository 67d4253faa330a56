#!/usr/bin/env bash
# The exercise (docs/tutorial.md) on an empty engine, without `cumulet deploy`: one AWS CLI command for each of its steps,
# under the step's number. First face blurring, then PolyBot's workers.
#
#   tests/e2e/seed_steps.sh [VIDEO]     (default: samples/faces.mp4)
#
# CUMULET_BUILD names the build folder (default: build/release). Exit status 0 only when the blurred video came back, and
# PolyBot answered.
set -euo pipefail
cd "$(dirname "$0")/../.."

die() { printf 'seed_steps: %s\n' "$*" >&2; exit 1; }
build=$(cd "${CUMULET_BUILD:-build/release}" && pwd) || die "nothing is built: run scripts/setup.sh"
packages=$build/packages
cumulet=$build/bin/cumulet
video=${1:-samples/faces.mp4}
key=$(basename "$video")
[ -f "$video" ] || die "there is no file $video"

# shellcheck source=scripts/engine.sh
source scripts/engine.sh
chat_port=$(free_port) site_port=$(free_port)
# PolyBot's worker answers the chat, and fetches from a site that is served here.
engine_start "$cumulet" --function-hosts "127.0.0.1:$chat_port,127.0.0.1:$site_port"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION
export AWS_DEFAULT_REGION=us-east-1

aws() { "$cumulet" aws --endpoint "$endpoint" "$@"; }
step() { printf '\n-- %s: %s\n' "$1" "$2"; }  # step NUMBER TEXT

input=video-input output=video-output
region=us-east-1
account=$(aws sts get-caller-identity --query Account --output text)
lambda_arn() { echo "arn:aws:lambda:$region:$account:function:$1"; }

step "face-detection 6" "one role for all functions, with the three policies"
aws iam create-role --role-name face-blur-functions --query Role.Arn --output text --assume-role-policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}' |
  tee "$work/role"
role=$(cat "$work/role")
for policy in AmazonS3FullAccess AmazonRekognitionFullAccess AWSStepFunctionsFullAccess service-role/AWSLambdaBasicExecutionRole; do
  aws iam attach-role-policy --role-name face-blur-functions --policy-arn "arn:aws:iam::aws:policy/$policy"
done
aws iam list-attached-role-policies --role-name face-blur-functions --query 'AttachedPolicies[].PolicyName' --output text

create_function() {  # create_function NAME RUNTIME HANDLER ZIP
  aws lambda create-function --function-name "$1" --runtime "$2" --handler "$3" --role "$role" \
    --zip-file "fileb://$4" --query FunctionArn --output text
  aws lambda wait function-active-v2 --function-name "$1" 2>/dev/null || aws lambda wait function-active --function-name "$1"
}

create_python() {  # create_python NAME: from its source, as the console's editor deploys it
  (cd "samples/face-blur-lambdas/$1" && zip -q "$work/$1.zip" ./*.py)
  create_function "$1" python3.9 lambda_function.lambda_handler "$work/$1.zip"
}

step "face-detection 2-5" "a Python 3.9 function"
create_python face-detection
step "check-rekognition-job-status 1-2" "the function, with the same role"
create_python check-rekognition-job-status
step "get-rekognized-faces 1-2" "the function, with the same role"
create_python get-rekognized-faces
step "blur-faces 1" "the function (here a C++ program from a zip; the machine has its libraries)"
create_function blur-faces provided.al2023 bootstrap "$packages/blur-faces.zip"

step "blur-faces 2" "the output bucket and OUTPUT_BUCKET"
aws s3api create-bucket --bucket "$output"
aws lambda update-function-configuration --function-name blur-faces --environment "Variables={OUTPUT_BUCKET=$output}" \
  --query Environment.Variables.OUTPUT_BUCKET --output text
aws lambda wait function-updated --function-name blur-faces
step "blur-faces 3" "five minutes and 2048 MB"
aws lambda update-function-configuration --function-name blur-faces --timeout 300 --memory-size 2048 \
  --query '[Timeout, MemorySize]' --output text
aws lambda wait function-updated --function-name blur-faces

step "state machine 2-4" "the definition with the functions' ARNs"
sed -e "s#\${CheckRekognitionJobStatusArn}#$(lambda_arn check-rekognition-job-status)#" \
    -e "s#\${GetRekognizedFacesArn}#$(lambda_arn get-rekognized-faces)#" \
    -e "s#\${BlurFacesArn}#$(lambda_arn blur-faces)#" apps/faceblur/state_machine.json > "$work/definition.json"
aws iam create-role --role-name face-blur-states --query Role.Arn --output text --assume-role-policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]}' |
  tee "$work/states-role"
aws iam put-role-policy --role-name face-blur-states --policy-name invoke-functions --policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}'
step "state machine 6" "the log group for ALL logging"
aws logs create-log-group --log-group-name /aws/vendedlogs/states/face-blur
step "state machine 5-7" "create it under its name"
machine=$(aws stepfunctions create-state-machine --name face-blur --role-arn "$(cat "$work/states-role")" \
  --definition "file://$work/definition.json" --query stateMachineArn --output text --logging-configuration \
  "{\"level\":\"ALL\",\"includeExecutionData\":true,\"destinations\":[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"arn:aws:logs:$region:$account:log-group:/aws/vendedlogs/states/face-blur:*\"}}]}")
echo "$machine"

step "face-detection 8" "STATE_MACHINE_ARN"
aws lambda update-function-configuration --function-name face-detection --environment "Variables={STATE_MACHINE_ARN=$machine}" \
  --query Environment.Variables.STATE_MACHINE_ARN --output text
aws lambda wait function-updated --function-name face-detection

step "face-detection 7" "the input bucket and its trigger: all object create events with suffix .mp4"
aws s3api create-bucket --bucket "$input"
aws lambda add-permission --function-name face-detection --statement-id from-input-bucket --action lambda:InvokeFunction \
  --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$input" --source-account "$account" --query Statement --output text
aws s3api put-bucket-notification-configuration --bucket "$input" --notification-configuration \
  "{\"LambdaFunctionConfigurations\":[
     {\"LambdaFunctionArn\":\"$(lambda_arn face-detection)\",\"Events\":[\"s3:ObjectCreated:*\"],\"Filter\":{\"Key\":{\"FilterRules\":[{\"Name\":\"suffix\",\"Value\":\".mp4\"}]}}},
     {\"LambdaFunctionArn\":\"$(lambda_arn face-detection)\",\"Events\":[\"s3:ObjectCreated:*\"],\"Filter\":{\"Key\":{\"FilterRules\":[{\"Name\":\"suffix\",\"Value\":\".mov\"}]}}}]}"
aws s3api get-bucket-notification-configuration --bucket "$input" \
  --query 'LambdaFunctionConfigurations[].Filter.Key.FilterRules[].Value' --output text

step "test 1" "upload a video to the input bucket"
aws s3 cp "$video" "s3://$input/$key" --no-progress

step "test 2" "watch the execution"
status=none
for _ in $(seq 300); do
  read -r execution status < <(aws stepfunctions list-executions --state-machine-arn "$machine" \
    --query 'executions[0].[executionArn, status]' --output text) || true
  case $status in SUCCEEDED | FAILED | TIMED_OUT | ABORTED) break ;; esac
  sleep 0.5
done
printf '%s %s\n' "$execution" "$status"
aws stepfunctions get-execution-history --execution-arn "$execution" --output text \
  --query 'events[?stateEnteredEventDetails].stateEnteredEventDetails.name' | tr '\t' '\n'
aws logs filter-log-events --log-group-name /aws/lambda/face-detection --filter-pattern REPORT --query 'events[].message' --output text
if [ "$status" != SUCCEEDED ]; then
  aws stepfunctions describe-execution --execution-arn "$execution" --query '[error, cause]' --output text
  aws logs filter-log-events --log-group-name /aws/lambda/blur-faces --query 'events[-15:].message' --output text || true
  die "the execution ended as $status"
fi
aws logs filter-log-events --log-group-name /aws/vendedlogs/states/face-blur --filter-pattern ExecutionSucceeded \
  --query 'length(events)' --output text | grep -qx 1 || die "the execution's log holds no ExecutionSucceeded"

step "test 3" "download the result from the output bucket"
aws s3 cp "s3://$output/$key" "$work/$key" --no-progress
[ -s "$work/$key" ] || die "the result is empty"
if command -v ffprobe > /dev/null; then
  ffprobe -v error -select_streams v:0 -show_entries stream=codec_name,width,height -of csv=p=0 "$work/$key"
fi

# -- PolyBot. Steps 1 to 3 (review the repository, make a registry, push the worker's image) are the build here: the worker
# is a C++ program in a zip, for on AWS it is an image (apps/polybot/worker/Dockerfile).
[ -f "$packages/polybot-worker.zip" ] || die "$packages/polybot-worker.zip is not built"
wait_for() {  # wait_for FILE PATTERN: until a line of it is there
  for _ in $(seq 300); do
    grep -q "$2" "$1" 2>/dev/null && return 0
    sleep 0.1
  done
  die "$1 never said $2: $(tail -n 5 "$1")"
}

step "polybot" "the queue, and the bucket for videos"
queue_url=$(aws sqs create-queue --queue-name polybot-queue --attributes VisibilityTimeout=1800 --query QueueUrl --output text)
queue_arn=$(aws sqs get-queue-attributes --queue-url "$queue_url" --attribute-names QueueArn --query Attributes.QueueArn --output text)
echo "$queue_arn"
aws s3api create-bucket --bucket polybot-videos

step "polybot" "the chat, in the place of Telegram"
"$cumulet" chat --port "$chat_port" --data "$work/chat" > "$work/chat.ready" 2> "$work/chat.log" &
helpers+=($!)
wait_for "$work/chat.ready" "chat ready"
chat=$(sed -n 's/.* ready at \(http:[^ ]*\) .*/\1/p' "$work/chat.ready")
token=$(sed -n 's/.*(token \(.*\))$/\1/p' "$work/chat.ready")
echo "$chat"

step "polybot 5" "permissions on SQS and S3"
aws iam create-role --role-name polybot-worker --query Role.Arn --output text --assume-role-policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}' |
  tee "$work/worker-role"
for policy in AmazonSQSFullAccess AmazonS3FullAccess service-role/AWSLambdaBasicExecutionRole; do
  aws iam attach-role-policy --role-name polybot-worker --policy-arn "arn:aws:iam::aws:policy/$policy"
done

step "polybot 4" "the function"
aws lambda create-function --function-name polybot-worker --runtime provided.al2023 --handler bootstrap --role "$(cat "$work/worker-role")" \
  --zip-file "fileb://$packages/polybot-worker.zip" --timeout 300 --memory-size 512 --query FunctionArn --output text \
  --environment "Variables={TELEGRAM_TOKEN=$token,TELEGRAM_API_URL=$chat,VIDEOS_BUCKET=polybot-videos,ALLOWED_NETWORKS=127.0.0.1}"
aws lambda wait function-active-v2 --function-name polybot-worker 2>/dev/null || aws lambda wait function-active --function-name polybot-worker

step "polybot 6" "the queue as its event source"
mapping=$(aws lambda create-event-source-mapping --function-name polybot-worker --event-source-arn "$queue_arn" --batch-size 1 \
  --function-response-types ReportBatchItemFailures --query UUID --output text)
for _ in $(seq 100); do
  [ "$(aws lambda get-event-source-mapping --uuid "$mapping" --query State --output text)" = Enabled ] && break
  sleep 0.2
done
aws lambda list-event-source-mappings --function-name polybot-worker --query 'EventSourceMappings[].[State, BatchSize]' --output text

step "polybot 7" "run the bot"
mkdir "$work/bot"
printf '%s\n' "$token" > "$work/bot/.telegramToken"
printf '{"aws_region": "%s", "bot_to_worker_queue_name": "polybot-queue", "videos_bucket": "polybot-videos",
 "telegram_api_url": "%s", "state_folder": "state"}\n' "$region" "$chat" > "$work/bot/config.json"
(cd "$work/bot" && export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test && exec "$build/bin/polybot") > "$work/bot/log" &
helpers+=($!)
wait_for "$work/bot/log" "the bot listens"

step "polybot 7" "say something, and watch the worker take it"
mkdir "$work/served" && cp "$video" "$work/served/served.mp4"
python3 -m http.server --bind 127.0.0.1 --directory "$work/served" "$site_port" > "$work/site" 2>&1 &
helpers+=($!)
wait_for "$work/site" "Serving HTTP"
site=$(sed -n 's/.*(\(http:.*\)\/).*/\1/p' "$work/site")
say() { curl --silent --show-error --fail -o /dev/null -H 'Content-Type: application/json' --data "$1" "$chat/chat/api/chats/$2/messages"; }
person=$(curl --silent --show-error --fail -H 'Content-Type: application/json' --data '{"name": "learner"}' "$chat/chat/api/chats" |
  sed 's/.*"id": *\([0-9]*\).*/\1/')
if command -v yt-dlp > /dev/null; then
  say "{\"text\": \"$site/served.mp4\"}" "$person"
  for _ in $(seq 300); do
    curl --silent "$chat/chat/api/chats/$person/messages" > "$work/messages"
    grep -q '"file_size"' "$work/messages" && break
    sleep 0.2
  done
  grep -q '"file_size"' "$work/messages" || die "no video came back: $(cat "$work/messages")"
  aws s3 ls --recursive s3://polybot-videos/videos/
else
  say '{"text": "/help"}' "$person"
  echo "yt-dlp is not installed: no video was fetched"
fi
aws logs filter-log-events --log-group-name /aws/lambda/polybot-worker --filter-pattern REPORT --query 'events[].message' --output text || true
aws sqs get-queue-attributes --queue-url "$queue_url" --attribute-names ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible \
  --query Attributes --output text

printf '\nthe blurred video came back, and PolyBot answered: every step of the exercise works\n'
