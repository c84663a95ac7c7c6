import { type Command, type Part, part } from '../change.ts'
import type { Setup } from '../setup.ts'

/** By this comment our rules in the Name Resolution Policy Table are known again. */
const COMMENT = 'signpost'

/**
 * Rules in the Name Resolution Policy Table, which stand above the servers of every interface and leave those alone. The
 * namespace `.` is every name.
 */
export function throughNrpt({ scope, suffixes, at }: Setup): Part {
  const namespaces = scope === 'all' ? ['.'] : suffixes.map(suffix => `.${suffix}`)
  const names = scope === 'all' ? 'every name' : `names below ${suffixes.join(' and ')}`
  return part({
    kind: 'command',
    sentence: `tells Windows to ask the gateway for ${names}`,
    run: powershell(
      `Add-DnsClientNrptRule -Namespace ${namespaces.map(quoted).join(',')} -NameServers ${quoted(at.host)} -Comment ${quoted(COMMENT)}; Clear-DnsClientCache`,
    ),
    undo: powershell(
      `Get-DnsClientNrptRule | Where-Object Comment -eq ${quoted(COMMENT)} | Remove-DnsClientNrptRule -Force; Clear-DnsClientCache`,
    ),
  })
}

export function powershell(script: string): Command {
  return [
    'powershell.exe',
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    `$ErrorActionPreference = 'Stop'; ${script}`,
  ]
}

/** As a string of PowerShell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
