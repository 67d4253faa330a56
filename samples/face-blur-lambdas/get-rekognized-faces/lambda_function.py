from collections import defaultdict

import boto3

rekognition = boto3.client("rekognition")


def pages(job_id):
    token = None
    while True:
        page = rekognition.get_face_detection(JobId=job_id, MaxResults=1000, **({"NextToken": token} if token else {}))
        yield page
        token = page.get("NextToken")
        if not token:
            return


def lambda_handler(event, context):
    timestamps = defaultdict(list)
    for page in pages(event["job_id"]):
        for face in page["Faces"]:
            timestamps[face["Timestamp"]].append({side: face["Face"]["BoundingBox"][side] for side in ("Width", "Height", "Left", "Top")})
        response = page
    del response["Faces"]
    return {"statusCode": 200, "body": {"job_id": event["job_id"], "response": response, "s3_object_bucket": event["s3_object_bucket"],
                                        "s3_object_key": event["s3_object_key"], "timestamps": timestamps}}
