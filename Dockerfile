# syntax=docker/dockerfile:1

# Both stages use the same Debian release: the binary needs the glibc it was linked against.
ARG DEBIAN=trixie

FROM rust:1.95-slim-${DEBIAN} AS builder
WORKDIR /build
# .dockerignore selects the files. tests/ is not needed: Cargo reads a test target's file only to build it.
# Nor is Java: build.rs generates code only if generated/ does not match the contract. In that case the build
# fails with a message: generate, commit, and build again.
COPY . .
# Exposed by the metric orders_build_info.
ARG REVISION=unknown
# The image has the C compiler that zstd and ring need. The cache mounts exist only in this step, so the binary
# is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    ORDERS_REVISION="${REVISION}" cargo build --release --locked --bin orders \
    && install -m 0755 target/release/orders /usr/local/bin/orders

FROM debian:${DEBIAN}-slim
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orders" \
      org.opencontainers.image.description="Contract-first order processing: the API, the worker and the migrations" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# For TLS to PostgreSQL and Temporal. Copied, because apt would also install openssl.
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=builder /usr/local/bin/orders /usr/local/bin/orders
# Numeric, so that Kubernetes can verify that it is not root (runAsNonRoot).
USER 10001:10001
ENV ORDERS__HTTP__LISTEN=0.0.0.0:8080
# The API; metrics and health, if monitoring.listen is not a loopback address.
EXPOSE 8080 9090
# No HEALTHCHECK: `migrate` has no port. The check depends on the command, so define it where the image is run.
ENTRYPOINT ["orders"]
CMD ["serve"]
