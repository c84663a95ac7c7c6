import { win32 } from 'node:path'
import type { Part } from '../change.ts'
import type { ProgramFacts, WindowsFacts } from '../facts.ts'
import { programFiles, serviceData } from '../paths.ts'
import { powershell, quoted } from '../resolver/windows.ts'
import { xmlText } from './launchd.ts'

const TASK = 'Signpost'
/**
 * A task that starts with the machine, as LOCAL SERVICE, which may do little. A service of Windows has to talk to the
 * service manager, which Node does not; it would need another program around it.
 */
export function windowsTask(facts: WindowsFacts, configPath: string): Part {
  const data = serviceData('win32', facts.env)
  const file = win32.join(programFiles(facts.env), 'task.xml')
  return {
    changes: [
      {
        kind: 'command',
        sentence: "makes the gateway's directory, which stays when it is uninstalled",
        run: powershell(`New-Item -ItemType Directory -Force -Path ${quoted(data)} | Out-Null`),
      },
      {
        kind: 'file',
        path: file,
        mode: 0o644,
        encoding: 'utf16',
        sentence: 'describes a task that runs the gateway, as LOCAL SERVICE, whenever the machine starts',
        content: taskXml(facts.program, configPath, data),
      },
      {
        kind: 'command',
        sentence: 'registers that task',
        run: ['schtasks.exe', '/Create', '/TN', TASK, '/XML', file, '/F'],
        undo: ['schtasks.exe', '/Delete', '/TN', TASK, '/F'],
      },
      {
        kind: 'command',
        sentence: 'starts it now',
        run: ['schtasks.exe', '/Run', '/TN', TASK],
        undo: ['schtasks.exe', '/End', '/TN', TASK],
      },
    ],
  }
}

function taskXml(program: ProgramFacts, configPath: string, data: string): string {
  const words = [...program.nodeArguments, program.program, 'up', '--config', configPath, '--data', data]
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Signpost, a DNS gateway for names in signed zones</Description>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger />
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>S-1-5-19</UserId>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(program.node)}</Command>
      <Arguments>${xmlText(words.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

/** A word as CommandLineToArgvW takes it for itself. */
export function windowsWord(word: string): string {
  if (/^[\w:\\/.=@-]+$/.test(word)) return word
  return `"${word.replaceAll(/(\\*)("|$)/g, (_, slashes: string, quote: string) => `${slashes}${slashes}${quote === '' ? '' : '\\"'}`)}"`
}
