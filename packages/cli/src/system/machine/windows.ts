import type { WindowsFacts } from '../facts.ts'
import { type Env, programData } from '../paths.ts'
import { powershell } from '../resolver/windows.ts'
import type { Machine } from './machine.ts'

type WindowsOnly = Pick<WindowsFacts, 'programData' | 'systemRoot' | 'servers'>

/** What only Windows has. */
export async function readWindows({ ask }: Machine, env: Env): Promise<WindowsOnly> {
  const output = await ask?.(
    powershell(
      'Get-DnsClientServerAddress | Select-Object -ExpandProperty ServerAddresses | Select-Object -Unique',
    ),
  )
  return {
    programData: programData(env),
    systemRoot: env['SystemRoot'] ?? 'C:\\Windows',
    servers: parseAddresses(output?.stdout ?? ''),
  }
}

/** Without the site-local addresses that Windows invents where an interface has no IPv6 servers. */
export function parseAddresses(output: string): string[] {
  return output
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.toLowerCase().startsWith('fec0:'))
}
