/** Who gives the command, as far as this machine can say; the audit log is told. */
import { userInfo } from 'node:os'

export const userName = (): string => process.env.SUDO_USER ?? userInfo().username
