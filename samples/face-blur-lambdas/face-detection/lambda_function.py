import logging
import urllib.parse

from job_starter import start_face_detection, start_state_machine

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"], encoding="utf-8")
        job_id = start_face_detection(bucket, key)
        logger.info("job %s looks at s3://%s/%s", job_id, bucket, key)
        start_state_machine({"job_id": job_id, "s3_object_bucket": bucket, "s3_object_key": key})
    return {"statusCode": 200, "body": "started"}
