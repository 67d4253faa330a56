"""Starts what a video needs: a face detection job, and the state machine that waits for it."""
import json
import os

import boto3

rekognition = boto3.client("rekognition")
states = boto3.client("stepfunctions")


def start_face_detection(bucket, key):
    return rekognition.start_face_detection(Video={"S3Object": {"Bucket": bucket, "Name": key}})["JobId"]


def start_state_machine(body):
    return states.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], input=json.dumps({"body": body}))
