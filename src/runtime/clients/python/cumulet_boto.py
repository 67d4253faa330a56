"""boto3 reaches the engine by the environment alone: versions before 1.28 do not know AWS_ENDPOINT_URL.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""
import os
import sys


def fit(module):
    """Called with botocore.session once it was imported."""
    providers = sys.modules.get("botocore.configprovider")
    if "ignore_configured_endpoint_urls" in getattr(providers, "BOTOCORE_DEFAUT_SESSION_VARIABLES", {}):
        return  # it knows by itself
    create_client = module.Session.create_client

    def create_client_here(self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None, endpoint_url=None,
                           *more, **named):
        if endpoint_url is None:
            endpoint_url = _endpoint(self, service_name)
        return create_client(self, service_name, region_name, api_version, use_ssl, verify, endpoint_url, *more, **named)

    module.Session.create_client = create_client_here


def _endpoint(session, service_name):
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    if any(name.startswith("AWS_ENDPOINT_URL_") for name in os.environ):
        model = session.get_component("data_loader").load_service_model(service_name, "service-2")
        name = model["metadata"].get("serviceId", service_name).upper().replace(" ", "_").replace("-", "_")
        if os.environ.get("AWS_ENDPOINT_URL_" + name):
            return os.environ["AWS_ENDPOINT_URL_" + name]
    return os.environ.get("AWS_ENDPOINT_URL") or None
