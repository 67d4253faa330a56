# The worker as a container image for Lambda, where yt-dlp, Python and ffmpeg must come along. From the checkout, after a
# release build on Debian 12:
#   docker build -f apps/polybot/worker.Dockerfile -t polybot-worker .
#   aws ecr create-repository --repository-name polybot-worker
#   docker tag polybot-worker ACCOUNT.dkr.ecr.REGION.amazonaws.com/polybot-worker:1 && docker push ...
# and its URI is the template's parameter WorkerImageUri.
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg python3 python3-venv \
      libboost-json1.81.0 libcurl4 libpugixml1v5 libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/yt-dlp && /opt/yt-dlp/bin/pip install --no-cache-dir --upgrade yt-dlp \
 && ln -s /opt/yt-dlp/bin/yt-dlp /usr/local/bin/yt-dlp
COPY build/release/bin/polybot-worker /usr/local/bin/polybot-worker
# The program speaks the Runtime API itself.
ENTRYPOINT ["/usr/local/bin/polybot-worker"]
