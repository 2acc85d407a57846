# Quern as a container that trains (`train`) and serves (`serve`): docs/container.md.
#
#   docker build -t quern .
#   docker run --rm -v "$PWD/ml:/opt/ml" quern train
#   docker run --rm -v "$PWD/ml:/opt/ml" -p 8080:8080 quern serve

FROM debian:12-slim AS build
WORKDIR /src
COPY tools/setup tools/setup
RUN tools/setup
COPY . .
RUN meson setup build --prefix=/usr/local --strip \
    && ninja -C build quern \
    && install -D -s build/quern /image/usr/local/bin/quern \
    && install -D .deps/duckdb/libduckdb.so /image/usr/local/lib/quern/libduckdb.so

FROM debian:12-slim
# Linked: jansson, yaml, zlib, microhttpd. Opened at first use: xgboost, lapacke and openblas,
# curl, lbfgs, pq, sqlite.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libjansson4 liblapacke \
        liblbfgs0 libmicrohttpd12 libopenblas0-pthread libpq5 libsqlite3-0 libxgboost0 libyaml-0-2 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /
COPY apps /usr/local/share/quern/apps

# An inference pipeline gives each of its containers a port of its own.
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true \
      com.amazonaws.sagemaker.capabilities.multi-models=true
EXPOSE 8080
# The exec form: quern is process 1 and gets SIGTERM itself. `train` or `serve` follows.
ENTRYPOINT ["/usr/local/bin/quern"]
CMD ["serve"]
