# The one image of all services: `docker build -t taskflow:dev .`, then `docker run taskflow:dev serve chat-api`.
#
# Builds with BuildKit and with the classic builder alike. Where registries are reached otherwise:
#   --build-arg PYTHON_IMAGE=…      the base: any Debian-like image with python3 (3.11 or newer)
#   --build-arg BUILD_IMAGE=…       the same Python with its venv module, where the base lacks it; may hold a CA besides
#   --build-arg PIP_INDEX_URL=…     another index of Python packages; UV_DEFAULT_INDEX is its twin for uv
#   --build-arg NPM_CONFIG_REGISTRY=…  another registry of npm's packages: esbuild makes the page's bundle
#   --build-arg SSL_CERT_FILE=…     a CA bundle in BUILD_IMAGE to trust
# None of them is in the image that results.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie
ARG BUILD_IMAGE=${PYTHON_IMAGE}

FROM ${BUILD_IMAGE} AS build
ARG UV_VERSION=0.13
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX=${PIP_INDEX_URL}
ARG NPM_CONFIG_REGISTRY=https://registry.npmjs.org/
ARG SSL_CERT_FILE
ARG PIP_CERT=${SSL_CERT_FILE}
# Compiled now: nothing can be written when it runs. No Python but the base's.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/taskflow \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
# What dependencies ask for and no service imports: makers of sample data, models and validators of kinds not used here.
# The services' tests of the image run without them (tests/deploy/test_image.py).
ARG LEFT_OUT="faker polyfactory pydantic pydantic-core annotated-types typing-inspection email-validator dnspython \
    litestar-htmx rich-click docstring-parser"
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --quiet "uv==${UV_VERSION}.*"
WORKDIR /src
# What changes seldom first: a change of our own code installs no package again.
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --quiet --frozen --no-dev --no-install-project --python "$(command -v python3)" \
    $(printf -- '--no-install-package %s ' $LEFT_OUT)
COPY README.md LICENSE* ./
COPY apps apps
COPY db db
RUN /opt/uv/bin/uv sync --quiet --frozen --no-dev --no-editable --python "$(command -v python3)" \
    $(printf -- '--no-install-package %s ' $LEFT_OUT) \
    # Of Swagger the page that /docs shows; not its editor, nor maps for its own developers.
    && find /opt/taskflow -path '*/swagger_ui/static/*' \( -name 'swagger-editor*' -o -name '*.map' \) -delete

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.0.0+unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="TaskFlow" \
      org.opencontainers.image.description="A task platform driven by events" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/taskflow /opt/taskflow
ENV PATH=/opt/taskflow/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TASKFLOW_REVISION=${REVISION}
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
ENTRYPOINT ["taskflow"]
CMD ["serve", "chat-api"]
