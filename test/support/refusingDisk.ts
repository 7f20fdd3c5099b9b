/**
 * Disks that refuse: small ones, and files that somebody without root rights may not write.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"

/** A file system of its own at `folder`, which it makes, until the scope closes. `size` as `mount` takes it, such as `16k`. */
export const smallDisk = (folder: string, size: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      mkdirSync(folder, { mode: 0o700 })
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", folder])
    }),
    () => Effect.sync(() => execFileSync("umount", [folder]))
  )

/** The user, and the group, that has no rights. */
export const nobody = 65534

/** What runs a command as `nobody`, to be put before it. */
export const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"] as const
