import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { InterruptedError } from '../errors.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import type { Plan, Scope } from '../system/change.ts'
import { describeChanges, describeUndoing, shell } from '../system/describe.ts'
import { withoutInstallation } from '../system/effects/journal.ts'
import { type Undone, refuseChanged } from '../system/effects/install.ts'
import { type FailedCommands, UndoFailedError, printFailed } from '../system/errors.ts'
import type { Facts } from '../system/facts.ts'
import { type Prepared, type Site, install, prepare, uninstall } from '../system/installer.ts'
import { configPath, serviceData } from '../system/paths.ts'
import { planInstall } from '../system/plan.ts'
import { checkAdministrator, siteOf } from '../system/site.ts'

interface SystemFlags {
  readonly dryRun?: boolean
  readonly root?: string
  readonly config?: string
}

interface InstallFlags extends SystemFlags {
  readonly scope: Scope
}

interface UninstallFlags extends SystemFlags {
  readonly keepChanged?: boolean
}

/** `signpost install` and `signpost uninstall`. */
export function addInstallCommands(program: Command, surroundings: Surroundings): void {
  withSystemOptions(program.command('install'))
    .description("run the gateway as a service of this machine, and let the machine's resolver ask it")
    .addOption(
      new Option('--scope <scope>', 'what the gateway is asked for: names below its suffixes, or all names')
        .choices(['names', 'all'])
        .default('names'),
    )
    .addOption(
      new Option(
        '--config <file>',
        `the service's configuration; written where there is none (default: ${configPath(process.platform, process.env)})`,
      ),
    )
    .addHelpText('after', '\nExample:\n  $ sudo signpost install --dry-run')
    .action(async (_flags, command: Command) => {
      await runInstall(beginRun(surroundings, command))
    })

  withSystemOptions(program.command('uninstall'))
    .description('undo signpost install, file by file')
    .addOption(new Option('--keep-changed', 'leave files that somebody has changed since as they are'))
    .action(async (_flags, command: Command) => {
      await runUninstall(beginRun(surroundings, command))
    })
}

function withSystemOptions(command: Command): Command {
  return command
    .addOption(new Option('--dry-run', 'show every change, and make none'))
    .addOption(
      new Option(
        '--root <dir>',
        'change files below this directory, and print commands instead of running them',
      ),
    )
}

async function runInstall(run: Run<InstallFlags>): Promise<void> {
  const { scope, dryRun = false } = run.flags
  const site = siteFor(run)
  const planFor = (facts: Facts): Plan => planInstall(facts, { scope, config: configOf(run) })
  if (dryRun) {
    const prepared = await prepare(site, planFor)
    return prepared.isInstalled ? report(run, prepared, ALREADY) : showPlan(run, prepared, site)
  }
  checkAdministrator(run.flags.root, process.getuid, run.commandLine)
  const installed = await install(site, planFor)
  noteUndone(run, installed.undone)
  const done = run.flags.root === undefined ? 'installed; see signpost doctor' : 'installed'
  report(run, installed, installed.isInstalled ? ALREADY : done)
}

const ALREADY = 'this is installed already, and as it should be'

function noteUndone({ terminal }: Run<unknown>, { left, edited, failed }: Undone): void {
  for (const path of left)
    terminal.note(`note: somebody had changed ${path}; what was there comes back with signpost uninstall`)
  for (const path of edited)
    terminal.note(`note: somebody had changed ${path}; it is again as signpost writes it`)
  if (failed.length > 0)
    terminal.note(`note: of the earlier installation, these commands failed: ${printFailed(inShell(failed))}`)
}

function inShell(failed: Undone['failed']): FailedCommands {
  return failed.map(({ command, reason }) => [shell(command), reason] as const)
}

function report({ terminal }: Run<unknown>, { plan, isInstalled }: Prepared, text: string): void {
  for (const note of plan.notes) terminal.note(`note: ${note}`)
  if (terminal.json)
    terminal.jsonData({ installed: true, already: isInstalled, changes: plan.changes, notes: plan.notes })
  else terminal.data(text)
}

async function showPlan(
  { terminal }: Run<unknown>,
  { plan, journal }: Prepared,
  { disk }: Site,
): Promise<void> {
  const { changes, notes } = plan
  const undoing = journal === undefined ? [] : await describeUndoing(journal, disk, 'leave theirs')
  if (terminal.json) return terminal.jsonData({ installed: false, undoing, changes, notes })
  if (journal !== undefined)
    terminal.data(['An earlier installation is undone first:', ...undoing, 'Then:'].join('\n'))
  terminal.data((await describeChanges(changes, withoutInstallation(disk, journal))).join('\n'))
  for (const note of notes) terminal.note(`note: ${note}`)
}

async function runUninstall(run: Run<UninstallFlags>): Promise<void> {
  const { flags, terminal } = run
  const site = siteFor(run)
  const changed = flags.keepChanged === true ? 'leave' : 'refuse'
  if (flags.dryRun === true) {
    const journal = await site.journal.read()
    if (journal !== undefined) await refuseChanged(journal, site.disk, changed)
    const undoing = journal === undefined ? [] : await describeUndoing(journal, site.disk, changed)
    if (terminal.json) terminal.jsonData({ undoing })
    else terminal.data(undoing.length === 0 ? NOTHING : undoing.join('\n'))
    return
  }
  checkAdministrator(flags.root, process.getuid, run.commandLine)
  const undone = await uninstall(site, changed)
  if (undone !== undefined) return reportUndone(run, undone)
  if (terminal.json) terminal.jsonData({ uninstalled: false })
  else terminal.data(NOTHING)
}

const NOTHING = 'nothing is installed here'

function reportUndone({ terminal, env }: Run<unknown>, { left, failed }: Undone): void {
  for (const path of left) terminal.note(`note: ${path} was changed since, so it stays as it is`)
  if (terminal.json) terminal.jsonData({ uninstalled: true, left, failed })
  else terminal.data('uninstalled')
  terminal.note(`note: keys and records stay in ${serviceData(process.platform, env)}`)
  if (failed.length > 0) throw new UndoFailedError(inShell(failed))
}

function configOf({ flags, env }: Run<SystemFlags>): string {
  return flags.config === undefined ? configPath(process.platform, env) : resolve(flags.config)
}

function siteFor(run: Run<SystemFlags>): Site {
  const { terminal, stop, env } = run
  return siteOf({
    root: run.flags.root,
    config: configOf(run),
    stop,
    here: { platform: process.platform, env, process },
    show: command => {
      if (!terminal.json) terminal.data(`run   ${shell(command)}`)
    },
    onStep: (sentence, undoing) => {
      if (stop.aborted && !undoing) throw new InterruptedError()
      terminal.progress(undoing ? `undoing: ${sentence}` : sentence)
    },
  })
}
