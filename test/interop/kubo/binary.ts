import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where `build.ts` puts kubo. */
export const kubo: string = join(import.meta.dirname, '../../../node_modules/.cache/kubo/ipfs')

/** Why kubo cannot be built here; undefined where it can. */
export function goProblem(): string | undefined {
  // Go itself says whether it is new enough for go.mod, or gets a version of itself that is.
  const { error, status, stderr } = spawnSync('go', ['list', '-m'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  if (error !== undefined) return 'Go is not installed (https://go.dev/doc/install)'
  return status === 0 ? undefined : `this Go will not do (${stderr.trim()})`
}

/**
 * Whether kubo is here. Where it is not, the tests that need it are to be skipped, and one line says what to do; in CI,
 * which builds it wherever it can be built, that is a failure.
 */
export function hasKubo(): boolean {
  if (existsSync(kubo)) return true
  const problem = goProblem()
  const message = `tests are skipped: they need kubo; ${problem ?? 'run pnpm test:interop, which builds it'}`
  if (process.env['CI'] && problem === undefined) throw new Error(message)
  console.warn(message)
  return false
}
