/**
 * Builds and packs every package as it would be published, checks the tarballs, and uses them from a project that has
 * nothing else. Needs the package registry, so it is a script of its own and no test.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const test = join(root, 'test')
const packages = ['dns', 'core', 'node', 'gateway', 'cli']
const work = mkdtempSync(join(tmpdir(), 'signpost-consumer-'))

function run(command: string, args: readonly string[], cwd: string): void {
  console.log(`> ${command} ${args.join(' ')}`)
  execFileSync(command, args, { cwd, stdio: 'inherit' })
}

try {
  run('tsc', ['-b'], root)
  for (const name of packages)
    run('npx', ['pnpm@12', 'pack', '--pack-destination', work], join(root, 'packages', name))
  const tarballs = readdirSync(work).filter(file => file.endsWith('.tgz'))
  for (const tarball of tarballs) {
    run('npx', ['publint', 'run', '--strict', join(work, tarball)], test)
    // The command has no types to import, so there is nothing to look at in it.
    if (!/^signpost-\d/.test(tarball))
      run('npx', ['attw', '--profile', 'esm-only', join(work, tarball)], test)
  }
  const project = join(work, 'project')
  cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  manifest.dependencies = Object.fromEntries(
    tarballs.map(tarball => {
      const name = tarball.replace(/-\d.*$/, '').replace(/^signpost-(dns|core|node|gateway)$/, '@signpost/$1')
      return [name, `file:../${tarball}`]
    }),
  )
  // Nothing here is on the registry yet: the packages find one another as tarballs too.
  manifest.overrides = manifest.dependencies
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2))
  run('npm', ['install', '--no-audit', '--no-fund'], project)
  run('npx', ['tsc', '-p', '.'], project)
  run('node', ['main.js'], project)
  run('npx', ['signpost', '--version'], project)
  console.log('every package works from its tarball')
} finally {
  rmSync(work, { recursive: true, force: true })
}
