import type { Command } from 'commander'
import type { Config } from '../config/schema.ts'
import { fieldsOf } from '../daemon/codec.ts'
import { DaemonNotRunningError } from '../daemon/errors.ts'
import { UsageError } from '../errors.ts'
import { gatewaySettings, readConfig } from '../gateway-settings.ts'
import { findDaemon } from '../node-access.ts'
import type { GatewayFlags, NodeFlags } from '../options.ts'
import { checkQueryLog } from '../query-log.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'

/** The commands below `gateway` that are about its configuration. */
export function addConfigCommands(gateway: Command, surroundings: Surroundings): void {
  gateway
    .command('check')
    .description('say whether a configuration file can be honoured; nothing is started')
    .argument('[file]', 'the file (default: the one of --config)')
    .addHelpText('after', '\nExample:\n  $ signpost gateway check /etc/signpost/signpost.toml')
    .action(async (file: string | undefined, _flags, command: Command) => {
      await check(surroundings, command, file)
    })

  gateway
    .command('reload')
    .description('let the running daemon read its configuration file again; no query is dropped')
    .action(async (_flags, command: Command) => {
      const run = beginRun(surroundings, command)
      const daemon = await findDaemon(run)
      if (daemon === undefined) throw new DaemonNotRunningError(run.dataDir)
      const { takesRestart } = fieldsOf(await daemon.call('reload', {}, { signal: run.stop }))
      const waiting = Array.isArray(takesRestart) ? takesRestart.map(String) : []
      if (run.terminal.json) return run.terminal.jsonData({ reloaded: true, takesRestart: waiting })
      run.terminal.data('reloaded')
      if (waiting.length > 0) run.terminal.note(`takes a restart: ${waiting.join(', ')}`)
    })

  gateway
    .command('schema')
    .description('print the JSON Schema of configuration files, for editors')
    .action(async (_flags, command: Command) => {
      const { CONFIG_SCHEMA } = await import('../config/schema.ts')
      beginRun(surroundings, command).terminal.data(JSON.stringify(CONFIG_SCHEMA, undefined, 2))
    })
}

async function check(surroundings: Surroundings, command: Command, named: string | undefined): Promise<void> {
  const gateway = command.parent
  if (gateway === null) throw new TypeError('the command stands below no gateway')
  if (named !== undefined) gateway.setOptionValueWithSource('config', named, 'cli')
  const { config: file } = gateway.opts<GatewayFlags>()
  if (file === undefined) throw new UsageError('name the file to check, or give it with --config')
  const config = await readConfig(gateway, surroundings)
  const run = beginRun<GatewayFlags & NodeFlags>(surroundings, command)
  const notes = await checked(run, config).catch(async (error: unknown) => {
    const { locate } = await import('../config/apply.ts')
    throw locate(error, gateway, file)
  })
  if (run.terminal.json) return run.terminal.jsonData({ file, valid: true, config, notes })
  run.terminal.data(`${file} can be honoured`)
  for (const note of notes) run.terminal.note(`note: ${note}`)
}

/** What was noticed, and what shows only once the gateway starts. */
async function checked(
  { flags, dataDir }: Pick<Run<GatewayFlags & NodeFlags>, 'flags' | 'dataDir'>,
  { gateway = {} }: Config,
): Promise<readonly string[]> {
  const { checkGatewayOptions } = await import('@signpost/gateway')
  const { options, queryLog } = gatewaySettings(flags, gateway, dataDir)
  const notes = await checkGatewayOptions(options)
  if (queryLog !== undefined) checkQueryLog(queryLog)
  return [
    ...notes,
    'not looked at: whether other programs listen on these addresses, and whether whoever starts it may use them and read these files',
  ]
}
