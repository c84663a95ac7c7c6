import type { KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import { MAX_RECORD_LENGTH, type SignedRecord, type Zone, relativeName, zoneOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type {
  PublishFailedError,
  PublishOptions,
  PublishRequest,
  Published,
  ZoneClient,
} from '@signpost/node'
import { defined } from './defined.ts'
import { InterruptedPublicationError, NobodyReachedError, UsageError } from './errors.ts'
import { signerOf } from './keys/private-key.ts'
import { type NodeAccess, accessNode } from './node-access.ts'
import {
  DEFAULT_SUFFIX,
  type NodeFlags,
  type PassphraseFlags,
  valueOption,
  withNodeOptions,
  withPassphraseOption,
} from './options.ts'
import { passphraseSources, passphraseToOpen } from './passphrase.ts'
import { type Retry, cut, refusalOf } from './refusal.ts'
import { type Run, quoted } from './run.ts'
import { printProgress } from './trace.ts'
import { parseCount } from './values/count.ts'
import { parseDuration, printDuration } from './values/duration.ts'
import { type ZoneDiff, zoneDiff } from './zone/zone-diff.ts'
import { printSize } from './zone/zone-size.ts'

/** Understood by every command that publishes. */
export interface PublicationFlags extends NodeFlags, PassphraseFlags {
  /** Milliseconds. */
  readonly validFor?: number
  readonly minAcks?: number
  readonly base?: number | 'standing'
  readonly force?: boolean
}

/** Acks that can be asked for: a record goes to the 20 peers closest to its key. */
const MAX_ACKS = 20

export function withPublicationOptions(command: Command): Command {
  command
    .addOption(
      valueOption('--valid-for <time>', 'how long the signature is good (default: 30d)', parseDuration),
    )
    .addOption(valueOption('--min-acks <n>', 'fewer peers than this are a failure (default: 1)', parseAcks))
    .addOption(
      valueOption(
        '--base <sequence>',
        'the version that this was made from: 0 for none, or stands for whatever stands (default: the last published here)',
        parseBase,
      ),
    )
  return withNodeOptions(withPassphraseOption(command), 'client')
}

function parseAcks(text: string): number {
  return parseCount(text, { min: 0, max: MAX_ACKS })
}

function parseBase(text: string): number | 'standing' {
  return text === 'stands' ? 'standing' : parseSequence(text)
}

/** @throws UsageError */
export function parseSequence(text: string): number {
  return parseCount(text, { min: 0, max: Number.MAX_SAFE_INTEGER })
}

export async function openKey(run: Run<PassphraseFlags>, name: string): Promise<KeyObject> {
  return run.keys.open(name, async keyName => passphraseToOpen(passphraseSources(run), keyName))
}

/** What all publications ask for. */
export type CommonRequest = Pick<PublishRequest, 'signer' | 'now' | 'validFor' | 'base' | 'force'>

/** A publication of some kind, by the node that the command uses. */
export interface Publication {
  readonly key: KeyObject
  readonly retry: Pick<Retry, 'rebase' | 'allTheSame'>
  /** The zone, as history and diff take it. */
  readonly zone: string
  /** The file that has it. */
  readonly file?: string
  /** The zone as the user has it, where the record may come to have more. */
  readonly draft?: Zone
  /** What the user is told besides: fields for programs, lines for people. */
  readonly more?: { readonly json: object; readonly lines: readonly string[] }
  readonly publish: (
    client: ZoneClient,
    request: CommonRequest,
    options: PublishOptions,
  ) => Promise<Published>
}

/** Publishes, and tells the user what came of it. */
export async function runPublication(run: Run<PublicationFlags>, publication: Publication): Promise<void> {
  const { flags, terminal } = run
  const request = await commonRequest(flags, publication.key)
  await using node = await accessNode(run)
  let signed: number | undefined
  const published = await publication
    .publish(node.client, request, {
      signal: run.stop,
      onProgress: event => {
        if (event.kind === 'stored') signed = event.sequence
        terminal.progress(printProgress(event).trim())
      },
      ...defined({ minAcks: flags.minAcks }),
    })
    .catch((error: unknown) => {
      if (run.stop.aborted && signed !== undefined && !(error instanceof SignpostError))
        throw new InterruptedPublicationError(signed, whoGoesOn(node), { cause: error })
      throw refusalOf(inWords(error, node), retryOf(run, publication))
    })
  terminal.clearProgress()
  report(run, node, published, publication)
}

/** @throws UsageError */
export async function commonRequest(flags: PublicationFlags, key: KeyObject): Promise<CommonRequest> {
  return {
    signer: signerOf(key),
    now: Date.now(),
    ...defined({ validFor: await validFor(flags), base: flags.base, force: flags.force }),
  }
}

function retryOf({ given, dataDir, commandLine }: Run<unknown>, { zone, file, retry }: Publication): Retry {
  const data = given('data') ? ` --data ${quoted(dataDir)}` : ''
  const diff = `signpost diff ${quoted(zone)}`
  return {
    ...retry,
    command: commandLine,
    diff: `${diff}${data}`,
    ...(file !== undefined && { preview: `${diff} ${quoted(file)}${data}` }),
  }
}

function whoGoesOn({ kind }: NodeAccess): string {
  return kind === 'daemon'
    ? 'the daemon goes on trying (see: signpost status)'
    : 'signpost up publishes what is on disk'
}

// What the node says of itself, as what the user of the command can do.
function inWords(error: unknown, node: NodeAccess): unknown {
  const { kind } = node
  const { code, asked, sequence } = error as Partial<PublishFailedError>
  if (code !== 'PUBLISH_FAILED' || asked !== 0 || sequence === undefined) return error
  const next =
    kind === 'daemon' ? whoGoesOn(node) : `name one with --bootstrap, or run signpost up: ${whoGoesOn(node)}`
  return new NobodyReachedError(sequence, next, { cause: error })
}

async function validFor({ validFor }: PublicationFlags): Promise<number | undefined> {
  const { VALID_FOR } = await import('@signpost/node')
  if (validFor === undefined || (validFor >= VALID_FOR.min && validFor <= VALID_FOR.max)) return validFor
  throw new UsageError(
    `--valid-for can be ${printDuration(VALID_FOR.min)} to ${printDuration(VALID_FOR.max)}, not ${printDuration(validFor)}`,
  )
}

function report(
  run: Run<unknown>,
  node: NodeAccess,
  published: Published,
  { draft, more }: Pick<Publication, 'draft' | 'more'>,
): void {
  const { terminal } = run
  const { record, sequence, acks, k, replaced: before } = published
  const zone = zoneOf(record)
  const diff = zoneDiff(before && zoneOf(before), zone)
  const rebased = draft === undefined ? [] : zoneDiff(draft, zone).lines
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
      rebased,
      republished: node.kind === 'daemon',
      ...more?.json,
    })
  terminal.data(`zone ID   ${record.zoneId}`)
  terminal.data(`sequence  ${sequence}`)
  terminal.data(`acks      ${acks} of ${k} peers`)
  terminal.data(`size      ${printSize(size)}`)
  terminal.data(
    `valid     until ${record.validity.slice(0, 10)}; others ask again after ${printDuration(record.ttl * 1000)}`,
  )
  terminal.data(`changes   ${changes(diff, before)}`)
  for (const line of cut(diff.lines)) terminal.data(line)
  for (const line of more?.lines ?? []) terminal.data(line)
  if (rebased.length > 0)
    terminal.note(
      '\nThe zone file does not have what was changed elsewhere (+ added, - taken away), and was published with it:\n' +
        `${cut(rebased).join('\n')}\nTake it in, or go on with --rebase.`,
    )
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

function commandsToTry(zone: Zone): string[] {
  const set = zone.sets.find(({ name }) => relativeName(name, zone.apex) === 'www') ?? zone.sets[0]
  const name = `${set?.name.toString().slice(0, -1) ?? zone.id}`
  return [`  signpost resolve ${name}`, `  dig @127.0.0.1 -p 5300 ${name}.${DEFAULT_SUFFIX}`]
}
