import { type Command, Option } from 'commander'
import { fieldsOf, readNumber } from '../daemon/codec.ts'
import { DaemonNotRunningError } from '../daemon/errors.ts'
import { writeFlush } from '../daemon/flushes.ts'
import { UsageError } from '../errors.ts'
import { findDaemon } from '../node-access.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { readName } from '../values/zone-name.ts'

interface FlushFlags {
  readonly below?: boolean
}

export function addFlushCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('flush')
    .description('let the running gateway forget answers, on disk too: all, or those about a name')
    .argument('[name]', 'such as www.example.com')
    .addOption(new Option('--below', 'and about all names below it'))
    .addHelpText('after', '\nExample:\n  $ signpost flush example.com --below')
    .action(async (name: string | undefined, _flags, command: Command) => {
      await flush(beginRun(surroundings, command), name)
    })
}

async function flush(run: Run<FlushFlags>, text: string | undefined): Promise<void> {
  const { below = false } = run.flags
  if (text === undefined && below) throw new UsageError('--below needs the name below which answers go')
  const body = writeFlush(text === undefined ? { below } : { name: readName(text).toString(), below })
  const daemon = await findDaemon(run)
  if (daemon === undefined) throw new DaemonNotRunningError(run.dataDir)
  const { entries, others } = fieldsOf(await daemon.call('flush', body, { signal: run.stop }))
  const told = readNumber(others)
  const { terminal } = run
  if (terminal.json) terminal.jsonData({ entries: entries ?? null, others: told })
  else {
    if (entries !== null) terminal.data(`${readNumber(entries)} answers flushed`)
    if (told > 0) terminal.data(`${told} other ${told === 1 ? 'gateway' : 'gateways'} told`)
  }
}
