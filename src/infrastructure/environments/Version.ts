/**
 * The version of this program, for whoever asks for nothing else.
 */
export { version } from "../config/constants/Version.ts"
