import type { KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import {
  MAX_RECORD_LENGTH,
  type SignedRecord,
  type Zone,
  relativeName,
  zoneIdOf,
  zoneOf,
} from '@signpost/core'
import type { PublishFailedError, PublishRequest, Published } from '@signpost/node'
import { confirm } from '../confirm.ts'
import { defined } from '../defined.ts'
import { NobodyReachedError, UsageError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import { checkKeyName } from '../keys/key-name.ts'
import { publicKeyOctets, signerOf } from '../keys/private-key.ts'
import { type NodeAccess, accessNode } from '../node-access.ts'
import {
  DEFAULT_SUFFIX,
  type NodeFlags,
  type PassphraseFlags,
  valueOption,
  withNodeOptions,
  withPassphraseOption,
} from '../options.ts'
import { passphraseSources, passphraseToOpen } from '../passphrase.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { printProgress } from '../trace.ts'
import { parseCount } from '../values/count.ts'
import { parseDuration, printDuration } from '../values/duration.ts'
import { type ZoneDiff, zoneDiff } from '../zone/zone-diff.ts'
import { printSize } from '../zone/zone-size.ts'
import { zoneOfText } from '../zone/zone-text.ts'

interface PublishFlags extends NodeFlags, PassphraseFlags {
  readonly key: string
  /** Milliseconds. */
  readonly ttl?: number
  /** Milliseconds. */
  readonly validFor?: number
  readonly minAcks?: number
  readonly yes?: boolean
}

/** Seconds, as a TTL is. */
const MAX_TTL = 0x7fffffff
/** Acks that can be asked for: a record goes to the 20 peers closest to its key. */
const MAX_ACKS = 20
/** Lines of a diff before it is cut short. */
const DIFF_LINES = 20

export function addPublishCommands(program: Command, surroundings: Surroundings): void {
  const publishing = program
    .command('publish')
    .description('sign a zone file and publish it')
    .argument('<file>', 'the zone file; - for standard input')
  withPublishOptions(publishing)
    .addHelpText('after', '\nExample:\n  $ signpost publish alice.zone --key alice')
    .action(async (file: string, _flags, command: Command) => {
      const run: Run<PublishFlags> = beginRun(surroundings, command)
      await publishFile(run, file)
    })

  const unpublishing = program
    .command('unpublish')
    .description('retire a zone: sign and publish that its owner has ended it')
    .option('--yes', 'do not ask')
  withPublishOptions(unpublishing)
    .addHelpText('after', '\nExample:\n  $ signpost unpublish --key alice')
    .action(async (_flags, command: Command) => {
      const run: Run<PublishFlags> = beginRun(surroundings, command)
      await unpublish(run)
    })
}

function withPublishOptions(command: Command): Command {
  command
    .addOption(valueOption('--key <name>', 'the key to sign with', checkKeyName).makeOptionMandatory())
    .addOption(
      valueOption('--ttl <time>', 'how long others keep a copy without asking again (default: 5m)', parseTtl),
    )
    .addOption(
      valueOption('--valid-for <time>', 'how long the signature is good (default: 30d)', parseDuration),
    )
    .addOption(valueOption('--min-acks <n>', 'fewer peers than this are a failure (default: 1)', parseAcks))
  return withNodeOptions(withPassphraseOption(command), 'client')
}

function parseTtl(text: string): number {
  const ttl = parseDuration(text, 's')
  if (ttl > MAX_TTL * 1000) throw new UsageError(`"${text}" is longer than a TTL can be, ${MAX_TTL} seconds`)
  return ttl
}

function parseAcks(text: string): number {
  return parseCount(text, { min: 0, max: MAX_ACKS })
}

async function publishFile(run: Run<PublishFlags>, file: string): Promise<void> {
  const text = Buffer.from(await readInput(file, run.terminal.streams)).toString()
  const { zoneId: known } = await run.keys.entry(run.flags.key)
  // Whatever is wrong with the file is said before anybody types a passphrase.
  const early = known === undefined ? undefined : zoneOfText(text, inputName(file), known)
  const key = await openKey(run)
  const zoneId = zoneIdOf(publicKeyOctets(key))
  const zone = early?.id === zoneId ? early : zoneOfText(text, inputName(file), zoneId)
  await sign(run, key, zone)
}

async function unpublish(run: Run<PublishFlags>): Promise<void> {
  const { key: name, yes } = run.flags
  const entry = await run.keys.entry(name)
  await confirm(
    run.terminal,
    `This retires the zone ${entry.zoneId ?? 'of this key'}: all its names stop to exist. Publishing again brings it back.`,
    { yes: yes === true, answer: name },
  )
  await sign(run, await openKey(run), 'retired')
}

async function openKey(run: Run<PublishFlags>): Promise<KeyObject> {
  return run.keys.open(run.flags.key, async name => passphraseToOpen(passphraseSources(run), name))
}

async function sign(run: Run<PublishFlags>, key: KeyObject, content: Zone | 'retired'): Promise<void> {
  const { flags, terminal } = run
  const { publish } = await import('@signpost/node')
  const request: PublishRequest = {
    signer: signerOf(key),
    content,
    now: Date.now(),
    ...defined({
      ttl: flags.ttl === undefined ? undefined : Math.floor(flags.ttl / 1000),
      validFor: await validFor(flags),
    }),
  }
  await using node = await accessNode(run)
  const published = await publish(node.client, request, {
    signal: run.stop,
    onProgress: event => terminal.progress(printProgress(event).trim()),
    ...defined({ minAcks: flags.minAcks }),
  }).catch((error: unknown) => {
    throw inWords(error, node)
  })
  terminal.clearProgress()
  report(run, node, published)
}

// What the node says of itself, as what the user of the command can do.
function inWords(error: unknown, { kind }: NodeAccess): unknown {
  const { code, asked, sequence } = error as Partial<PublishFailedError>
  if (code !== 'PUBLISH_FAILED' || asked !== 0 || sequence === undefined) return error
  const next =
    kind === 'daemon'
      ? 'the daemon goes on trying (see: signpost status)'
      : 'name one with --bootstrap, or run signpost up, which publishes what is on disk'
  return new NobodyReachedError(sequence, next, { cause: error })
}

async function validFor({ validFor }: PublishFlags): Promise<number | undefined> {
  const { VALID_FOR } = await import('@signpost/node')
  if (validFor === undefined || (validFor >= VALID_FOR.min && validFor <= VALID_FOR.max)) return validFor
  throw new UsageError(
    `--valid-for can be ${printDuration(VALID_FOR.min)} to ${printDuration(VALID_FOR.max)}, not ${printDuration(validFor)}`,
  )
}

function report(run: Run<unknown>, node: NodeAccess, published: Published): void {
  const { terminal } = run
  const { record, sequence, acks, k, replaced: before } = published
  const zone = zoneOf(record)
  const diff = zoneDiff(before && zoneOf(before), zone)
  const size = { octets: record.bytes.length, limit: MAX_RECORD_LENGTH }
  if (terminal.json)
    return terminal.jsonData({
      zoneId: record.zoneId,
      sequence,
      acks,
      peers: k,
      octets: size.octets,
      limit: size.limit,
      validUntil: record.validity,
      ttl: record.ttl,
      retired: zone === undefined,
      replaced: before === undefined ? null : before.sequence,
      added: diff.added,
      removed: diff.removed,
      republished: node.kind === 'daemon',
    })
  terminal.data(`zone ID   ${record.zoneId}`)
  terminal.data(`sequence  ${sequence}`)
  terminal.data(`acks      ${acks} of ${k} peers`)
  terminal.data(`size      ${printSize(size)}`)
  terminal.data(
    `valid     until ${record.validity.slice(0, 10)}; others ask again after ${printDuration(record.ttl * 1000)}`,
  )
  terminal.data(`changes   ${changes(diff, before)}`)
  for (const line of diffLines(diff)) terminal.data(`  ${line}`)
  if (node.kind === 'own')
    terminal.note(
      '\nNobody republishes this: peers forget it after about 48 hours. Keep it alive with a node on this data directory: signpost up',
    )
  if (zone !== undefined) terminal.note(`\nTry:\n${commandsToTry(zone).join('\n')}`)
}

function changes({ added, removed }: ZoneDiff, before: SignedRecord | undefined): string {
  if (before === undefined) return `${added.length} records, the first version that is known here`
  if (added.length + removed.length === 0) return `none since sequence ${before.sequence}`
  return `+${added.length} -${removed.length} records since sequence ${before.sequence}`
}

function diffLines({ lines }: ZoneDiff): readonly string[] {
  if (lines.length <= DIFF_LINES) return lines
  return [...lines.slice(0, DIFF_LINES), `… and ${lines.length - DIFF_LINES} more`]
}

function commandsToTry(zone: Zone): string[] {
  const set = zone.sets.find(({ name }) => relativeName(name, zone.apex) === 'www') ?? zone.sets[0]
  const name = `${set?.name.toString().slice(0, -1) ?? zone.id}`
  return [`  signpost resolve ${name}`, `  dig @127.0.0.1 -p 5300 ${name}.${DEFAULT_SUFFIX}`]
}
