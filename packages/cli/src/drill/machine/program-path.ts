import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where servers are, which the path of an ordinary user leaves out. */
const SERVERS: readonly string[] = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']

/** The file of a program, or undefined where this machine does not have it. */
export function programPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return [...path.split(delimiter), ...SERVERS]
    .filter(directory => directory !== '')
    .map(directory => join(directory, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
