import { describe, expect, it } from 'vitest'
import { assemble, exit, ldImm64, ldxw, noted, type ProgramSpec, R0, R1, R2 } from '../../bpf/index.ts'
import { errno } from '../errno.ts'
import { refusal } from './verifier.ts'

const spec: ProgramSpec = {
  name: 'filter',
  type: 'xdp',
  license: 'GPL',
  instructions: [
    ldImm64(R2, 5),
    noted({ site: 'src/parse.ts:9', text: 'Ethernet header' }, ldxw(R0, R1, 4000)),
    exit(),
  ],
}
const refuse = (log: string) => refusal(spec, assemble(spec), log, errno.EACCES)

describe('refusals of the verifier', () => {
  it('show the last lines that say something, and whose instruction it was', () => {
    const error = refuse(
      [
        'func#0 @0',
        '0: R1=ctx() R10=fp0',
        '0: (18) r2 = 0x5                      ; R2_w=5',
        '2: (61) r0 = *(u32 *)(r1 +4000)',
        'invalid bpf_context access off=4000 size=4',
        'processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
        '',
      ].join('\n'),
    )
    expect(error.message.split('\n')).toEqual([
      "load program 'filter': the kernel's verifier refuses it at instruction 2 \"r0 = *(u32 *)(r1 + 4000)\", emitted by src/parse.ts:9, Ethernet header: permission denied (EACCES); mend what the last line says",
      '  func#0 @0',
      '  0: R1=ctx() R10=fp0',
      '  0: (18) r2 = 0x5                      ; R2_w=5',
      '  2: (61) r0 = *(u32 *)(r1 +4000)',
      '  invalid bpf_context access off=4000 size=4',
    ])
    expect(error).toMatchObject({ slot: 2, errno: 'EACCES', note: { site: 'src/parse.ts:9' } })
  })

  it('cope with logs that name no instruction', () => {
    expect(refuse('')).toMatchObject({ log: '', errno: 'EACCES' })
    expect(refuse('').slot).toBeUndefined()
    expect(refuse('999: (95) exit\n').message).not.toContain('emitted by')
  })
})
