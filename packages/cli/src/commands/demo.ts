import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { createZone, zoneIdOf, zoneRecords } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { Node, Published } from '@signpost/node'
import { refuseSecondDaemon, serveDaemon } from '../daemon/daemon.ts'
import { selfCheck } from '../demo/self-check.ts'
import { PREFERRED_PORT, startWebServer } from '../demo/web-server.ts'
import { exampleZoneFile, withServicePort } from '../demo/zone.ts'
import { inputName, readInput } from '../input-file.ts'
import { KeyStore } from '../keys/key-store.ts'
import { newPrivateKey, publicKeyOctets, signerOf } from '../keys/private-key.ts'
import { startNode } from '../node-access.ts'
import { DEFAULT_DNS, DEFAULT_SUFFIX, type GatewayFlags, dnsOption, valueOption } from '../options.ts'
import { passphraseSources, passphraseToOpen } from '../passphrase.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { aborted } from '../signals.ts'
import { parseCount } from '../values/count.ts'
import { printHostPort } from '../values/host-port.ts'
import { zoneOfText } from '../zone/zone-text.ts'
import type { RunningGateway } from '../running-gateway.ts'
import { forgetOldVersions, gatewayStatus, guardOf, pinsIn, startGateway } from './up.ts'

interface DemoFlags extends Pick<GatewayFlags, 'dns'> {
  readonly peers: number
  readonly check?: boolean
}

type DemoRun = Run<DemoFlags>

/** The demo's key in its data directory. */
const KEY_NAME = 'demo'
/** Ports that are tried one after the other where the user named none. */
const DNS_PORTS = 10
const MAX_PEERS = 32
/** How long the first publication waits for all peers, in milliseconds. */
const CONNECT_WAIT = 3_000

export function addDemoCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('demo')
    .description('try everything on this machine: peers, a key, a published zone and a DNS gateway')
    .argument('[file]', 'the zone file to publish (default: the example that comes with signpost)')
    .addOption(
      valueOption('--peers <n>', 'how many peers the network has besides the node', text =>
        parseCount(text, { min: 1, max: MAX_PEERS }),
      ).default(5),
    )
    .addOption(dnsOption())
    .option('--check', 'test that all of it works, and end')
    .addHelpText('after', '\nNothing is sent beyond this machine. Without --data, nothing stays on disk.')
    .action(async (file: string | undefined, _flags, command: Command) => {
      const run: DemoRun = beginRun(surroundings, command)
      // The user's own data directory is no place to try things, so only one that was named here is used.
      const named = run.given('data')
      await using directory = named ? keptDirectory(run.dataDir) : await passingDirectory()
      const dataDir = directory.path
      await demo(
        { ...run, dataDir, keys: new KeyStore(join(dataDir, 'keys')) },
        file ?? exampleZoneFile(),
        named,
      )
    })
}

async function demo(run: DemoRun, file: string, kept: boolean): Promise<void> {
  const { terminal, flags, stop } = run
  await refuseSecondDaemon(run)
  const text = Buffer.from(await readInput(file, terminal.streams)).toString()
  terminal.progress('starting the peers …')
  const { createTestnet } = await import('@signpost/node/testnet')
  await using testnet = await createTestnet({ nodes: flags.peers })
  await using node = await startNode({ dataDir: run.dataDir, logger: run.logger, ...testnet.join })
  await using running = await startSomewhere(run, node)
  const { gateway } = running
  forgetOldVersions(node, gateway)
  await using daemon = await serveDaemon(run, node, {
    status: () => gatewayStatus(running),
    flush: ({ name, below }) => running.gateway.flush(name, { below }),
    readPetnames: async () => running.readPetnames(),
    guard: guardOf(running),
    pins: pinsIn(running),
  })
  await using web = await startWebServer()
  terminal.progress('publishing …')
  await connected(node, flags.peers)
  const published = await publishZone(run, node, text, file, web.port)
  terminal.clearProgress()
  const [dns = DEFAULT_DNS] = gateway.addresses
  const scene: Scene = {
    run,
    published,
    file,
    dns,
    webPort: web.port,
    peers: flags.peers,
    socket: daemon.path,
    kept,
  }
  if (flags.check === true) await selfCheck(dns, hostOf(published), web.port)
  describe(scene)
  if (flags.check === true) return
  await aborted(stop)
  terminal.note('\nstopping …')
}

// The port of the documentation where it is free, else one near it: a first try should not end at that.
async function startSomewhere(run: DemoRun, node: Node): Promise<RunningGateway> {
  const start = (flags: DemoFlags): Promise<RunningGateway> =>
    startGateway(
      { run: { ...run, flags: { ...run.flags, ...flags } }, config: {} },
      {
        resolver: node,
        trustsZone: zoneId => node.keepsAlive(zoneId),
        petnames: run.petnames,
        guards: run.guards,
        pins: run.pins,
      },
    )
  if (run.flags.dns !== undefined) return start(run.flags)
  for (let port = DEFAULT_DNS.port; ; port++)
    try {
      return await start({ ...run.flags, dns: [{ ...DEFAULT_DNS, port }] })
    } catch (error) {
      const taken = error instanceof SignpostError && error.code === 'ADDRESS_IN_USE'
      if (!taken || port === DEFAULT_DNS.port + DNS_PORTS - 1) throw error
    }
}

// So that the first publication reaches all of them; a slow machine publishes with those that it has.
async function connected(node: Node, peers: number): Promise<void> {
  if (node.status().connected >= peers) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, CONNECT_WAIT)
    node.addEventListener('peers', ({ detail }) => {
      if (detail.count < peers) return
      clearTimeout(timer)
      resolve()
    })
  })
}

async function publishZone(
  run: DemoRun,
  node: Node,
  text: string,
  file: string,
  port: number,
): Promise<Published> {
  const known = await run.keys.list()
  if (!known.some(({ name }) => name === KEY_NAME)) await run.keys.create(KEY_NAME, newPrivateKey())
  const key = await run.keys.open(KEY_NAME, async name =>
    passphraseToOpen(passphraseSources(run as Run<object>), name),
  )
  const zoneId = zoneIdOf(publicKeyOctets(key))
  const records = withServicePort(
    zoneRecords(zoneOfText(text, inputName(file), zoneId)),
    PREFERRED_PORT,
    port,
  )
  return node.publish({ signer: signerOf(key), content: createZone(zoneId, records) }, { signal: run.stop })
}

interface Scene {
  readonly run: DemoRun
  readonly published: Published
  readonly file: string
  readonly dns: { readonly host: string; readonly port: number }
  readonly webPort: number
  readonly peers: number
  readonly socket: string
  readonly kept: boolean
}

function hostOf({ record }: Published): string {
  return `www.${record.zoneId}.${DEFAULT_SUFFIX}`
}

function describe(scene: Scene): void {
  const { run, published, file, dns, webPort, peers, socket, kept } = scene
  const { terminal, dataDir } = run
  const { zoneId } = published.record
  const host = hostOf(published)
  if (terminal.json)
    return terminal.jsonData({
      ready: true,
      pid: process.pid,
      data: dataDir,
      socket,
      zoneId,
      host,
      sequence: published.sequence,
      acks: published.acks,
      dns: [printHostPort(dns)],
      web: webPort,
      ...(run.flags.check === true ? { check: 'passed' } : {}),
    })
  const heading = (text: string): string => terminal.styled('bold', text)
  const command = (text: string): string => `  ${terminal.styled('cyan', text)}`
  const at = `@${dns.host} -p ${dns.port}`
  const signpost = run.env['npm_lifecycle_event'] === undefined ? 'signpost' : 'npx pnpm@12 signpost'
  const lines = [
    heading(`A network of ${peers} peers, a node and a DNS gateway run on this machine.`),
    `  zone ID  ${zoneId}`,
    `  zone     ${file}, sequence ${published.sequence}, held by ${published.acks} peers`,
    `  DNS      ${printHostPort(dns)} (UDP and TCP)`,
    `  web      127.0.0.1:${webPort}`,
    `  data     ${dataDir}${kept ? '' : ' (removed at the end)'}`,
    '',
    heading('From another terminal, look a name up:'),
    command(`dig ${at} ${host}`),
    '',
    heading('Fetch the page that it leads to:'),
    command(`curl --resolve "${host}:${webPort}:$(dig +short ${at} ${host})" http://${host}:${webPort}/`),
    '',
    heading('Change the zone file, publish it again, and look again:'),
    command(`${signpost} publish ${resolve(file)} --key ${KEY_NAME} --data ${dataDir}`),
    '',
    heading('Without dig, and to see what happens behind it:'),
    command(`${signpost} resolve www.${zoneId} --data ${dataDir} --trace`),
    command(`${signpost} inspect ${zoneId} --data ${dataDir}`),
    command(`${signpost} status --data ${dataDir}`),
    '',
    run.flags.check === true
      ? 'The check passed: the name resolves, and the page is there.'
      : 'Ctrl-C stops all of it.',
  ]
  for (const line of lines) terminal.data(line)
}

interface Directory extends AsyncDisposable {
  readonly path: string
}

function keptDirectory(path: string): Directory {
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() }
}

async function passingDirectory(): Promise<Directory> {
  const path = await mkdtemp(join(tmpdir(), 'signpost-demo-'))
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true })
    },
  }
}
