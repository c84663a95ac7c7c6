import type { Command } from 'commander'
import { DaemonNotRunningError } from '../daemon/errors.ts'
import { findDaemon } from '../node-access.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { describeStatus, readDaemonStatus } from '../daemon/status.ts'

export function addStatusCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('status')
    .description('show how the running daemon is')
    .action(async (_flags, command: Command) => {
      await showStatus(beginRun(surroundings, command))
    })
}

async function showStatus(run: Run<object>): Promise<void> {
  const daemon = await findDaemon(run)
  if (daemon === undefined) throw new DaemonNotRunningError(run.dataDir)
  const status = readDaemonStatus(await daemon.call('status', {}, { signal: run.stop }))
  if (run.terminal.json) run.terminal.jsonData(status)
  else for (const line of describeStatus(status, Date.now())) run.terminal.data(line)
}
