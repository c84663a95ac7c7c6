import { spawnSync } from 'node:child_process'

/**
 * Whether a tool that a test needs is here: `command` runs and exits with 0. Where it is missing, the tests that
 * need it are to be skipped, and one line says what to install; in CI, which installs it, that is a failure.
 * @param debianPackage what to install.
 */
export function hasTool(command: readonly [string, ...string[]], debianPackage: string): boolean {
  const [file, ...args] = command
  if (spawnSync(file, args, { stdio: 'ignore', timeout: 20_000 }).status === 0) return true
  const message = `tests are skipped: they need Debian's ${debianPackage} (apt-get install ${debianPackage})`
  if (process.env['CI']) throw new Error(message)
  console.warn(message)
  return false
}
