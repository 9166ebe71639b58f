# The worker. `docker build -t gonogo .`, or let docker-compose.yml do it.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src

# Dependencies first: they change less often than the code, so the layer is kept. Versions and hashes all come from
# requirements.lock, those of uv and of the build backend too; of its packages only what the worker needs is installed.
COPY pyproject.toml requirements.lock ./
RUN awk '/^[^ #]/ {keep = /^uv==/} keep' requirements.lock > uv.txt \
    && python -m pip install --no-cache-dir --require-hashes -r uv.txt \
    && python -m venv --without-pip /opt/gonogo \
    && uv pip install --no-cache --compile-bytecode --python /opt/gonogo/bin/python \
        --require-hashes -r pyproject.toml --extra worker -c requirements.lock

COPY LICENSE README.md ./
COPY workflows workflows
COPY activities activities
COPY worker worker
COPY client client
RUN uv pip install --no-cache --compile-bytecode --python /opt/gonogo/bin/python \
        --no-deps --build-constraints requirements.lock .


FROM python:3.11.14-slim-bookworm

# A fixed id, so that the files in a volume keep their owner from one image to the next.
RUN groupadd --gid 10001 gonogo \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/gonogo --create-home --shell /usr/sbin/nologin gonogo
COPY --from=build /opt/gonogo /opt/gonogo
ENV PATH=/opt/gonogo/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/gonogo

HEALTHCHECK --interval=30s --timeout=15s --start-period=30s --retries=3 CMD ["gonogo", "doctor"]

# Exec form: the worker itself gets SIGTERM, and lets running activities end.
ENTRYPOINT ["gonogo"]
CMD ["worker"]
