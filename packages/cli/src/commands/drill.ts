import type { Command } from 'commander'
import type { DrillFlags } from '../drill/command.ts'
import { UsageError } from '../errors.ts'
import { valueOption } from '../options.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'

export function addDrillCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('drill')
    .description('replay the DNS outage of 20 October 2025 on this machine, and see who still finds the name')
    .addOption(
      valueOption('--out <dir>', 'where the report goes (default: a new directory here)', parseDirectory),
    )
    .option('--short', 'less than a minute, to see whether all of it works')
    .option('--no-isolate', 'run in the network of this machine, rather than in one of its own')
    .addHelpText(
      'after',
      '\nNothing is sent beyond this machine, and no root is needed. It takes less than three minutes, and ends with 1 where ' +
        'Signpost lost a request that it should not have.',
    )
    .action(async (_flags, command: Command) => {
      const run: Run<DrillFlags> = beginRun(surroundings, command)
      const { drill } = await import('../drill/command.ts')
      await drill(run)
    })
}

function parseDirectory(text: string): string {
  if (text === '') throw new UsageError('it is empty; name a directory')
  return text
}
