import type { Command } from 'commander'
import { acceptIn, guardsOf } from '../daemon/guards.ts'
import { DaemonNotRunningError } from '../daemon/errors.ts'
import { describeDoubt } from '../describe-doubt.ts'
import { NameNotFoundError } from '../errors.ts'
import { findDaemon, guardBook } from '../node-access.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { parseGuardPattern } from '../values/guard-pattern.ts'
import { readName } from '../values/zone-name.ts'

/** The commands about guarded names: ordinary names whose sudden removal is not believed at once. */
export function addGuardCommands(program: Command, surroundings: Surroundings): void {
  const guard = program
    .command('guard')
    .description('keep the last good answers of ordinary names, for when ordinary DNS loses them')

  guard
    .command('add')
    .argument('<pattern>', 'example.com for that name, *.example.com for all names below it')
    .description('guard a name, or all names below one')
    .addHelpText('after', "\nExample:\n  $ signpost guard add '*.amazonaws.com'")
    .action(async (pattern: string, _flags, command: Command) => {
      await add(beginRun(surroundings, command), parseGuardPattern(pattern))
    })

  guard
    .command('remove')
    .argument('<pattern>', 'as it was added')
    .description('guard it no longer, and forget its answers')
    .action(async (pattern: string, _flags, command: Command) => {
      await remove(beginRun(surroundings, command), parseGuardPattern(pattern))
    })

  guard
    .command('list')
    .description('list what is guarded, and what of it is in doubt')
    .action(async (_flags, command: Command) => {
      await list(beginRun(surroundings, command))
    })

  guard
    .command('accept')
    .argument('<name>', 'such as www.example.com')
    .description('believe from now on what ordinary DNS says of a name that is in doubt')
    .action(async (name: string, _flags, command: Command) => {
      await accept(beginRun(surroundings, command), readName(name).toString())
    })
}

async function add(run: Run<unknown>, pattern: string): Promise<void> {
  const { terminal } = run
  const isNew = await (await guardBook(run)).add(pattern)
  if (terminal.json) terminal.jsonData({ pattern, new: isNew })
  else terminal.data(`${pattern} is ${isNew ? 'guarded now' : 'guarded already'}`)
}

async function remove(run: Run<unknown>, pattern: string): Promise<void> {
  const { terminal } = run
  if (!(await (await guardBook(run)).remove(pattern)))
    throw new NameNotFoundError(
      `${pattern} was not added here; what signpost guard list has besides is in the configuration file`,
    )
  if (terminal.json) terminal.jsonData({ pattern })
  else terminal.data(`${pattern} is not guarded any more`)
}

async function list(run: Run<unknown>): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  const guards =
    daemon === undefined ? { patterns: await run.guards.list(), doubts: [] } : await guardsOf(daemon)
  if (terminal.json) return terminal.jsonData({ ...guards })
  if (guards.patterns.length === 0)
    terminal.note("no name is guarded; guard some with: signpost guard add '*.example.com'")
  for (const pattern of guards.patterns) terminal.data(pattern)
  const now = Date.now()
  for (const doubt of guards.doubts) terminal.data(`in doubt: ${describeDoubt(doubt, now)}`)
}

async function accept(run: Run<unknown>, name: string): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  if (daemon === undefined) throw new DaemonNotRunningError(run.dataDir)
  const { ended, others } = await acceptIn(daemon, name)
  if (ended === 0 && others === 0)
    throw new NameNotFoundError(`nothing about ${name} is in doubt; see signpost guard list`)
  if (terminal.json) return terminal.jsonData({ name, ended: ended ?? null, others })
  if (ended !== undefined && ended > 0) terminal.data(`what ordinary DNS says of ${name} is believed now`)
  if (others > 0) terminal.data(`${others} other ${others === 1 ? 'gateway' : 'gateways'} told`)
}
