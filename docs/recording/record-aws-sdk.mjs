// Records the calls of a client of the AWS SDK for JavaScript v3, one exchange per line, for `ivs-conformance judge`.
//
//     const client = new IvsClient({});
//     record(client, "traffic.ndjson");
//
// No header that authenticates is written. Stream keys, passphrases and metadata are: keep the file to yourself.

import { appendFileSync } from "node:fs";
import { Readable } from "node:stream";

const SECRET_HEADERS = new Set(["authorization", "x-amz-security-token", "cookie", "set-cookie"]);

const shown = (headers) =>
  Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !SECRET_HEADERS.has(name.toLowerCase())));

/** Appends every exchange of `client` to the file at `path`. */
export function record(client, path) {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      const began = Date.now();
      const result = await next(args);
      const { response } = result;
      const chunks = [];
      for await (const chunk of response.body ?? []) chunks.push(chunk);
      const body = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
      response.body = Readable.from([body]);
      const port = request.port ? `:${request.port}` : "";
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(request.query ?? {})) {
        for (const each of [value].flat()) query.append(name, each ?? "");
      }
      const search = query.size ? `?${query.toString().replaceAll("+", "%20")}` : "";
      const line = {
        method: request.method,
        url: `${request.protocol}//${request.hostname}${port}${request.path}${search}`,
        request_headers: shown(request.headers),
        started_at: new Date(began).toISOString(),
        duration_ms: Date.now() - began,
        region: await client.config.region(),
        status: response.statusCode,
        response_headers: shown(response.headers),
        response_body_base64: body.toString("base64"),
      };
      const sent = request.body;
      if (typeof sent === "string") line.request_body = sent;
      if (sent instanceof Uint8Array) {
        line.request_body_base64 = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength).toString("base64");
      }
      appendFileSync(path, `${JSON.stringify(line)}\n`);
      return result;
    },
    { step: "deserialize", name: "recordExchange", priority: "low" },
  );
}
