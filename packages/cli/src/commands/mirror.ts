import type { KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import { type ZoneId, zoneIdOf } from '@signpost/core'
import type { Name } from '@signpost/dns'
import { LOOK_PACE, LOSS_PATIENCE } from '../collecting/limits.ts'
import { checkKeyName } from '../keys/key-name.ts'
import { publicKeyOctets } from '../keys/private-key.ts'
import { publishOnce, showMirror } from '../mirror/once.ts'
import { plainName } from '../mirror/report.ts'
import {
  type MirrorFlags,
  type Origin,
  handedOver,
  parseDelegate,
  parseDurationWithin,
  readDomain,
  readOrigin,
  readZone,
} from '../mirror/request.ts'
import { type Asking, type Source, fileSource, namesSource, transferSource } from '../mirror/source.ts'
import { type Task, jsonOfPin, notesOf, pinLines, pinOf } from '../mirror/task.ts'
import { watchMirror } from '../mirror/watch.ts'
import { listOption, valueOption } from '../options.ts'
import { openKey, withPublicationOptions } from '../publication.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { parseHostPort, printHostPort } from '../values/host-port.ts'
import { zoneNamed } from '../whose-zone.ts'

const DNS_PORT = 53

const EXAMPLES = `
An alias, an address or any other record that the domain has in ordinary DNS comes into the zone as it is. The zone
then answers for the domain in gateways that know it, when ordinary DNS does not. They know it by the TXT record that
this command prints, at the registrable domain (such as example.com).

With --watch, a name that turns empty in ordinary DNS, or loses more than half of its records, stays published until
that was seen for the patience, or until the user runs the command with --force. Answers that fail change nothing.
Transfers are without TSIG and over plain TCP.

Examples:
  $ signpost mirror example.com --from 192.0.2.53 --key example --dry-run
  $ signpost mirror example.com --file example.com.zone --key example
  $ signpost mirror example.com --name www,mail --server 192.0.2.53 --key example
  $ signpost mirror example.com --from 192.0.2.53 --key example --watch
  $ signpost mirror shop.example.com --zone example.com --from 192.0.2.53 --key shop
  $ signpost mirror example.com --from 192.0.2.53 --key example --delegate shop=shop`

/** `signpost mirror`: a signed zone beside an ordinary domain. */
export function addMirrorCommand(program: Command, surroundings: Surroundings): void {
  const mirroring = program
    .command('mirror')
    .description('publish the records of an ordinary domain as a signed zone, and keep that current')
    .argument('<domain>', 'the domain, such as example.com')
    .addOption(valueOption('--key <name>', 'the key to sign with', checkKeyName).makeOptionMandatory())
    .addOption(
      valueOption('--from <host[:port]>', 'the address of a server that gives the whole zone (AXFR)', text =>
        parseHostPort(text, { defaultPort: DNS_PORT, examplePort: DNS_PORT }),
      ),
    )
    .option('--file <file>', 'a zone file; - for standard input')
    .addOption(
      listOption(
        '--name <name>',
        'a name below the domain to ask for; @ for itself alone (repeatable)',
        t => t,
      ),
    )
    .addOption(
      listOption(
        '--server <server>',
        'whom to ask for names, such as 192.0.2.53 or tls://192.0.2.53#dns.example, or "system" for the resolvers ' +
          'of this machine (repeatable)',
        text => text,
      ),
    )
    .option('--zone <name>', 'the zone that has the domain, where that is another one')
    .addOption(
      listOption(
        '--delegate <label=zone>',
        'hand a label to another key, by its name, zone ID or petname (repeatable)',
        parseDelegate,
      ),
    )
    .option('--dry-run', 'show the zone, and what it would change, and publish nothing')
    .option('--watch', 'go on, and publish what changes')
    .addOption(
      valueOption(
        '--every <time>',
        'with --watch: how often to look (default: 15m)',
        parseDurationWithin(LOOK_PACE),
      ),
    )
    .addOption(
      valueOption(
        '--patience <time>',
        'with --watch: for how long a loss has to be seen before it is published (default: 6h)',
        parseDurationWithin(LOSS_PATIENCE),
      ),
    )
    .option('--force', 'publish also what has been lost, now')
  withPublicationOptions(mirroring)
    .addHelpText('after', EXAMPLES)
    .action(async (domain: string, _flags, command: Command) => {
      const kind = command.opts<MirrorFlags>().watch === true ? 'long' : 'short'
      await mirror(beginRun(surroundings, command, kind), readDomain(domain))
    })
}

async function mirror(run: Run<MirrorFlags>, domain: Name): Promise<void> {
  const { flags } = run
  const zone = readZone(flags, domain)
  const origin = readOrigin(flags, domain)
  const asking = await askingOf(flags, origin)
  const source = sourceOf(run, origin, { domain, zone, asking })
  const handovers = []
  for (const delegate of flags.delegate ?? []) {
    const name = handedOver(delegate, domain)
    handovers.push({ name, zoneId: await zoneNamed(run, delegate.zone) })
  }
  const { zoneId: known } = await run.keys.entry(flags.key)
  const key = flags.dryRun === true && known !== undefined ? undefined : await openKey(run, flags.key)
  const zoneId = key === undefined ? (known as ZoneId) : zoneIdOf(publicKeyOctets(key))
  const task: Task = { domain, zone, zoneId, handovers, source, origin, asking }
  if (key === undefined || flags.dryRun === true) return showMirror(run, task)
  return flags.watch === true ? watch(run, task, key) : publishOnce(run, task, key)
}

async function askingOf(flags: MirrorFlags, origin: Origin): Promise<Asking | undefined> {
  const servers = origin.kind === 'transfer' ? [`tcp://${printHostPort(origin.from)}`] : flags.server
  if (servers === undefined) return undefined
  const { createStub } = await import('@signpost/gateway')
  const asking = async (): ReturnType<Asking> => createStub(servers, '--server')
  // What is wrong with them is said at once.
  ;(await asking()).close()
  return asking
}

function sourceOf(
  { terminal }: Run<MirrorFlags>,
  origin: Origin,
  { domain, zone, asking }: { domain: Name; zone: Name; asking: Asking | undefined },
): Source {
  if (origin.kind === 'file')
    return fileSource({ domain, zone, file: origin.file, streams: terminal.streams })
  if (asking === undefined) throw new TypeError('whom to ask is known for every other origin')
  return origin.kind === 'transfer'
    ? transferSource({ domain, zone, from: origin.from, asking })
    : namesSource({ domain, names: origin.names, servers: origin.servers, asking })
}

async function watch(run: Run<MirrorFlags>, task: Task, key: KeyObject): Promise<void> {
  const { terminal, logger } = run
  let known = new Set<string>()
  await watchMirror(run, {
    ...task,
    key,
    onReading: async (reading, look) => {
      const { leftOut, warnings } = await notesOf(task, reading, look)
      for (const line of leftOut) if (!known.has(line)) logger.info(line)
      for (const warning of warnings) if (!known.has(warning)) logger.warn(warning)
      // Each is said again only after it was not true for a time.
      known = new Set([...leftOut, ...warnings])
    },
    onReady: async reading => {
      const pin = reading === undefined ? undefined : await pinOf(task, reading)
      const { zoneId, domain } = task
      if (terminal.json)
        return terminal.jsonData({
          ready: true,
          pid: process.pid,
          domain: plainName(domain),
          zoneId,
          ...(pin && { pin: jsonOfPin(pin, task) }),
        })
      terminal.data(`zone ID   ${zoneId}`)
      for (const line of pin === undefined ? [] : pinLines(run, task, pin)) terminal.data(line)
      terminal.data('ready')
    },
  })
}
