import { Argument, type Command } from 'commander'
import {
  RrType,
  type RrSet,
  type SignpostError,
  parseRrType,
  printRdata,
  printRecord,
  printRrClass,
  printRrType,
  recordsOf,
} from '@signpost/dns'
import type { ResolvePolicy } from '@signpost/node'
import { NameNotFoundError, NameUnusableError, NobodyAskedError, UsageError } from '../errors.ts'
import { accessNode, petnameBook } from '../node-access.ts'
import { DEFAULT_SUFFIX, type NodeFlags, policyOption, suffixOption, withNodeOptions } from '../options.ts'
import { type NameAnswer, type Step, resolveName } from '../resolve-name.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { jsonStep, printProgress, printStep } from '../trace.ts'
import { type ZoneName, parseZoneName } from '../values/zone-name.ts'

interface ResolveFlags extends NodeFlags {
  readonly suffix?: readonly string[]
  readonly policy: ResolvePolicy
  readonly short?: boolean
  readonly trace?: boolean
}

export function addResolveCommand(program: Command, surroundings: Surroundings): void {
  const resolve = program
    .command('resolve')
    .description('look up the records of a name in a signed zone')
    .argument('<name>', 'such as www.<zoneid> or www.<petname>, with or without the suffix')
    .addArgument(
      new Argument('[type]', 'the record type; ANY for all of them')
        .argParser(parseType)
        .default(RrType.A, 'A'),
    )
    .option('--short', 'print the data alone')
    .option('--trace', 'print every step on standard error, or in the JSON')
    .addOption(policyOption('cache-first'))
    .addOption(suffixOption())
  withNodeOptions(resolve, 'client')
    .addHelpText('after', '\nExample:\n  $ signpost resolve www.k51… AAAA --trace')
    .action(async (name: string, type: number, _flags, command: Command) => {
      const run: Run<ResolveFlags> = beginRun(surroundings, command)
      const petnames = await (await petnameBook(run)).list()
      await lookUp(run, parseZoneName(name, run.flags.suffix ?? [DEFAULT_SUFFIX], petnames), type)
    })
}

function parseType(text: string): number {
  const type = parseRrType(text)
  if (type === undefined) throw new UsageError(`"${text}" is no record type; A, AAAA, TXT and TYPE65280 are`)
  return type
}

async function lookUp(run: Run<ResolveFlags>, { name }: ZoneName, type: number): Promise<void> {
  const { flags, terminal } = run
  const trace = flags.trace === true
  const steps: Step[] = []
  await using node = await accessNode(run)
  const answer = await resolveName(node.client, name, type, {
    policy: flags.policy,
    signal: run.stop,
    onProgress: event => {
      if (trace && !terminal.json) terminal.note(printProgress(event))
    },
    onStep: step => {
      steps.push(step)
      if (trace && !terminal.json) terminal.note(printStep(step))
    },
  })
  if (terminal.json)
    terminal.jsonData({
      name: name.toString(),
      type: printRrType(type),
      status: answer.kind,
      answers: answer.sets.flatMap(jsonRecords),
      zones: steps.filter(step => step.kind === 'zone').map(jsonStep),
      ...(trace ? { trace: steps.map(jsonStep) } : {}),
    })
  else for (const set of answer.sets) printSet(run, set)
  judge(run, answer, `${name.toString()} ${printRrType(type)}`, steps)
}

function printSet({ terminal, flags }: Run<ResolveFlags>, set: RrSet): void {
  for (const record of recordsOf(set))
    terminal.data(flags.short === true ? printRdata(record.type, record.rdata) : printRecord(record))
}

function jsonRecords(set: RrSet): object[] {
  return recordsOf(set).map(record => ({
    name: record.name.toString(),
    ttl: record.ttl,
    class: printRrClass(record.class),
    type: printRrType(record.type),
    data: printRdata(record.type, record.rdata),
  }))
}

/** Says what the records do not, and throws where there are none. */
function judge(run: Run<ResolveFlags>, answer: NameAnswer, question: string, steps: readonly Step[]): void {
  const stale = steps.find(
    step => step.kind === 'zone' && step.outcome.kind === 'found' && step.outcome.freshness === 'stale',
  )
  const note = (text: string): void => {
    if (!run.terminal.json) run.terminal.note(`note: ${text}`)
  }
  if (stale?.kind === 'zone')
    note(`the copy of ${stale.zoneId} is stale; no peer confirmed it within its TTL`)
  if (answer.kind === 'answer') return
  if (answer.kind === 'elsewhere')
    return note(`${answer.target.toString()} is in ordinary DNS; a gateway with --upstream follows it`)
  if (answer.kind === 'delegated')
    return note(`${answer.cut.toString()} is in the hands of ordinary name servers; a gateway asks them`)
  throw errorOf(answer, question)
}

function errorOf(
  answer: Exclude<NameAnswer, { kind: 'answer' | 'elsewhere' | 'delegated' }>,
  question: string,
): SignpostError {
  switch (answer.kind) {
    case 'no-data':
      return new NameNotFoundError(`the name is there, but has no records of this type: ${question}`)
    case 'no-name':
      return new NameNotFoundError(`there is no such name: ${question}`)
    case 'retired':
      return new NameNotFoundError(`the owner of ${answer.zoneId} has retired the zone`)
    case 'no-zone':
      return new NameNotFoundError(`${answer.zoneId} has a signed record, but no zone in it`)
    case 'absent':
      return new NameNotFoundError(
        `no peer that answered has a record of ${answer.zoneId}; that proves nothing: try again later`,
      )
    case 'unreached':
      return new NobodyAskedError(answer.zoneId)
    case 'expired':
      return new NameUnusableError(
        `the signature of ${answer.zoneId} was valid until ${answer.validity}; its owner has to publish again`,
      )
    case 'invalid':
      return new NameUnusableError(
        `no record of ${answer.zoneId} that peers gave can be used: ${answer.error.message}`,
      )
    case 'loop':
      return new NameUnusableError(`the aliases go in a circle or on for too long: ${question}`)
    case 'too-long':
      return new NameUnusableError(`a DNAME makes a name of over 255 octets: ${question}`)
  }
}
