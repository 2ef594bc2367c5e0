# dimseg as a command: libtorch for the CPU, or with `--build-arg CUDA=1` for NVIDIA's GPUs, whose libraries then come
# with libtorch and need only the driver of the host. docs/install.md says how to run it.
ARG NODE=node:20.20.2-bookworm-slim

# The package as it would be published, from the packages of package-lock.json.
FROM ${NODE} AS package
ENV ONNXRUNTIME_NODE_INSTALL=skip
WORKDIR /source
COPY .npmrc package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json README.md LICENSE ./
COPY bench ./bench
COPY docs ./docs
COPY native ./native
COPY schema ./schema
COPY scripts ./scripts
COPY soak ./soak
COPY src ./src
RUN npm run build && npm pack --ignore-scripts && mv dimseg-*.tgz /dimseg.tgz

# The engine, outside of any home, so that every user can read it; the compiler stays behind.
FROM ${NODE} AS engine
ARG CUDA=""
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
ENV ONNXRUNTIME_NODE_INSTALL=skip DIMSEG_CACHE=/opt/dimseg/cache
WORKDIR /opt/dimseg/package
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY --from=package /dimseg.tgz /tmp/dimseg.tgz
RUN tar -xzf /tmp/dimseg.tgz --strip-components=1 && chmod 755 dist/src/cli/main.js
RUN DIMSEG_CUDA=${CUDA} node dist/src/cli/main.js setup

FROM ${NODE}
COPY --from=engine /opt/dimseg /opt/dimseg
RUN ln -s /opt/dimseg/package/dist/src/cli/main.js /usr/local/bin/dimseg && mkdir /data && chown node:node /data
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# The user node, by number: a pod that must not run as root is refused where the user has a name alone.
USER 1000:1000
WORKDIR /data
# It times a training step, so it is asked seldom.
HEALTHCHECK --interval=15m --timeout=2m --start-period=2m CMD ["dimseg", "doctor", "--json"]
ENTRYPOINT ["dimseg"]
CMD ["--help"]
