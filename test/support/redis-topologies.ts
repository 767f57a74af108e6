/** Redis servers that belong together: clusters, servers that sentinels watch, and servers behind TLS. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./lateness.js";
import type { Scene } from "./redis-scene.js";
import { freePort, type RedisServer } from "./redis-server.js";

type Start = Scene["startServer"];

const SLOTS = 16_384;
/** Milliseconds after which the others take a node for dead: not because the machine is busy. */
const NODE_TIMEOUT = 8_000;
/** A replica that comes is served without waiting for others. */
const AT_ONCE = ["--repl-diskless-sync-delay", "0"];

/** Starts masters that share all slots, each with so many replicas. The masters come first. */
export async function startCluster(start: Start, masters = 3, replicas = 0): Promise<readonly RedisServer[]> {
  const buses = await Promise.all(Array.from({ length: masters * (1 + replicas) }, freePort));
  const nodes = await Promise.all(
    buses.map((bus) =>
      start(
        ...["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-announce-ip", "127.0.0.1"],
        ...["--cluster-node-timeout", String(NODE_TIMEOUT), "--cluster-replica-validity-factor", "0"],
        ...["--cluster-require-full-coverage", "no", ...AT_ONCE],
      ),
    ),
  );
  for (const [i, node] of nodes.entries()) {
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
    const [from, to] = [i, i + 1].map((at) => Math.floor((at * SLOTS) / masters));
    if (i < masters) await node.command("CLUSTER", "ADDSLOTSRANGE", String(from), String(Number(to) - 1));
    const [first] = nodes;
    if (i > 0) await node.command("CLUSTER", "MEET", "127.0.0.1", String(first?.port), String(buses[0]));
  }
  await clusterIsWhole(nodes);
  for (const [i, replica] of nodes.slice(masters).entries()) {
    const [id = ""] = (await nodes[i % masters]?.command("CLUSTER", "MYID")) ?? [];
    await replica.command("CLUSTER", "REPLICATE", id);
    await replicates(replica);
  }
  await clusterIsWhole(nodes);
  return nodes;
}

/** Waits until every node knows every other one, and all slots. */
export async function clusterIsWhole(nodes: readonly RedisServer[]): Promise<void> {
  const whole = new RegExp(`cluster_state:ok[^]*cluster_known_nodes:${nodes.length}\\b`);
  await until("the cluster is whole", async () => {
    const told = await Promise.all(nodes.map((node) => node.command("CLUSTER", "INFO")));
    return told.every((info) => whole.test(String(info)));
  });
}

function replicates(replica: RedisServer): Promise<number> {
  return until("the replica follows", async () =>
    String(await replica.command("INFO", "replication")).includes("master_link_status:up"),
  );
}

/** A master, a replica of it, and a sentinel that puts the replica in the master's place when that is gone. */
export interface Watched {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
}

/** Starts one. @param name - What the sentinel calls it. */
export async function startWatched(start: Start, folder: string, name: string): Promise<Watched> {
  const master = await start(...AT_ONCE);
  const replica = await start("--replicaof", `127.0.0.1 ${master.port}`, ...AT_ONCE);
  await replicates(replica);
  const settings = [`monitor ${name} 127.0.0.1 ${master.port} 1`];
  // Not because the machine is busy.
  settings.push(`down-after-milliseconds ${name} 30000`, `failover-timeout ${name} 2000`);
  const path = join(folder, "sentinel.conf");
  writeFileSync(path, settings.map((setting) => `sentinel ${setting}\n`).join(""));
  const sentinel = await start(path, "--sentinel");
  await until("the sentinel knows the replica", async () =>
    String(await sentinel.command("INFO", "sentinel")).includes("slaves=1"),
  );
  return { master, replica, sentinel };
}

/** Ends the master, which the sentinel learns soon. */
export async function killMaster({ master, sentinel }: Watched, name: string): Promise<void> {
  await sentinel.command("SENTINEL", "SET", name, "down-after-milliseconds", "300");
  await master.kill();
}

/** Takes connections, as a sentinel does, and says where the master is. */
export async function pretendSentinel(port: () => number): Promise<Server> {
  const pretended = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      for (const command of data.toString("latin1").split(/(?=\*\d+\r\n)/)) {
        const text = String(port());
        const told = `*2\r\n$9\r\n127.0.0.1\r\n$${text.length}\r\n${text}\r\n`;
        socket.write(command.includes("SENTINEL") ? told : "+OK\r\n");
      }
    });
  });
  pretended.listen(0, "127.0.0.1");
  await once(pretended, "listening");
  return pretended;
}

/** A server's key and certificate, and who has signed it. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
}

/** Makes a certificate for this machine, signed by an authority of its own. */
export function makeCertificate(folder: string, name: string): Certificate {
  const at = (kind: string): string => join(folder, `${name}-${kind}`);
  const openssl = (...words: readonly string[]): unknown => execFileSync("openssl", words, { stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...curve, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", `/CN=${name}`);
  openssl("req", ...curve, "-keyout", at("key"), "-out", at("csr"), "-subj", "/CN=localhost");
  writeFileSync(at("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("names")];
  openssl("x509", "-req", "-days", "2", "-in", at("csr"), ...signed, "-out", at("pem"));
  return { key: at("key"), certificate: at("pem"), authority: at("ca.pem") };
}

/** A folder for certificates and settings. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "twat-cache-topology-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
