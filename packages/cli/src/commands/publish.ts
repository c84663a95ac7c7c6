import type { Command } from 'commander'
import { zoneIdOf } from '@signpost/core'
import { confirm } from '../confirm.ts'
import { defined } from '../defined.ts'
import { UsageError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import { checkKeyName } from '../keys/key-name.ts'
import { publicKeyOctets } from '../keys/private-key.ts'
import { valueOption } from '../options.ts'
import { type PublicationFlags, openKey, runPublication, withPublicationOptions } from '../publication.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { parseDuration } from '../values/duration.ts'
import { zoneOfText } from '../zone/zone-text.ts'

interface PublishFlags extends PublicationFlags {
  readonly key: string
  /** Milliseconds. */
  readonly ttl?: number
  readonly rebase?: boolean
  readonly yes?: boolean
}

/** Seconds, as a TTL is. */
const MAX_TTL = 0x7fffffff

export function addPublishCommands(program: Command, surroundings: Surroundings): void {
  const publishing = program
    .command('publish')
    .description('sign a zone file and publish it')
    .argument('<file>', 'the zone file; - for standard input')
    .option('--rebase', 'where another version stands by now, make the changes of the file in that one')
    .option('--force', 'let it take away more than half of the RRsets of what it replaces')
  withSigningOptions(publishing)
    .addHelpText('after', '\nExample:\n  $ signpost publish alice.zone --key alice')
    .action(async (file: string, _flags, command: Command) => {
      const run: Run<PublishFlags> = beginRun(surroundings, command)
      await publishFile(run, file)
    })

  const unpublishing = program
    .command('unpublish')
    .description('retire a zone: sign and publish that its owner has ended it')
    .option('--yes', 'do not ask')
  withSigningOptions(unpublishing)
    .addHelpText('after', '\nExample:\n  $ signpost unpublish --key alice')
    .action(async (_flags, command: Command) => {
      const run: Run<PublishFlags> = beginRun(surroundings, command)
      await unpublish(run)
    })
}

function withSigningOptions(command: Command): Command {
  command
    .addOption(valueOption('--key <name>', 'the key to sign with', checkKeyName).makeOptionMandatory())
    .addOption(
      valueOption('--ttl <time>', 'how long others keep a copy without asking again (default: 5m)', parseTtl),
    )
  return withPublicationOptions(command)
}

function parseTtl(text: string): number {
  const ttl = parseDuration(text, 's')
  if (ttl > MAX_TTL * 1000) throw new UsageError(`"${text}" is longer than a TTL can be, ${MAX_TTL} seconds`)
  return ttl
}

async function publishFile(run: Run<PublishFlags>, file: string): Promise<void> {
  const { flags } = run
  const text = Buffer.from(await readInput(file, run.terminal.streams)).toString()
  const { zoneId: known } = await run.keys.entry(flags.key)
  // Whatever is wrong with the file is said before anybody types a passphrase.
  const early = known === undefined ? undefined : zoneOfText(text, inputName(file), known)
  const key = await openKey(run, flags.key)
  const zoneId = zoneIdOf(publicKeyOctets(key))
  const zone = early?.id === zoneId ? early : zoneOfText(text, inputName(file), zoneId)
  const { publish } = await import('@signpost/node')
  await runPublication(run, {
    key,
    draft: zone,
    zone: flags.key,
    file,
    retry: {
      rebase: flags.rebase === true ? 'given' : 'may help',
      allTheSame: 'where the file has all of that',
    },
    publish: async (client, request, options) =>
      publish(
        client,
        { ...request, content: zone, ...defined({ ttl: ttlOf(flags), rebase: flags.rebase }) },
        options,
      ),
  })
}

async function unpublish(run: Run<PublishFlags>): Promise<void> {
  const { flags } = run
  const { key: name, yes } = flags
  const entry = await run.keys.entry(name)
  await confirm(
    run.terminal,
    `This retires the zone ${entry.zoneId ?? 'of this key'}: all its names stop to exist. Publishing again brings it back.`,
    { yes: yes === true, answer: name },
  )
  const { publish } = await import('@signpost/node')
  await runPublication(run, {
    key: await openKey(run, name),
    zone: name,
    retry: { rebase: 'no help', allTheSame: 'where the zone has ended all the same' },
    publish: async (client, request, options) =>
      publish(client, { ...request, content: 'retired', ...defined({ ttl: ttlOf(flags) }) }, options),
  })
}

/** In seconds. */
function ttlOf({ ttl }: PublishFlags): number | undefined {
  return ttl === undefined ? undefined : Math.floor(ttl / 1000)
}
