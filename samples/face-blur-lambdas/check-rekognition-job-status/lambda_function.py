import boto3

rekognition = boto3.client("rekognition")


def lambda_handler(event, context):
    status = rekognition.get_face_detection(JobId=event["job_id"], MaxResults=1)["JobStatus"]
    return {"statusCode": 200, "body": {**{name: event[name] for name in ("job_id", "s3_object_bucket", "s3_object_key")},
                                        "job_status": status}}
