# The study's environment from the lock, for executors that want an image: docker build -t semclear .
# The base's digest is not pinned: pin it (FROM python:3.12-slim-bookworm@sha256:...) for the image that you publish.
FROM python:3.12-slim-bookworm

# git: commits in records and DVC; make: the commands of the documents. OpenCV is the headless one and needs no library.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /semclear
COPY requirements/study.lock requirements/study.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/study.lock

COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --create-home researcher \
    && chown -R researcher /semclear

# Nothing here needs the rights of root.
USER researcher
ENV DVC_NO_ANALYTICS=1 MLFLOW_DISABLE_TELEMETRY=true
CMD ["snakemake", "--cores", "all", "all"]
