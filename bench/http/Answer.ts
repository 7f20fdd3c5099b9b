/**
 * What every client asks for, and what it has to get.
 */

/** In the wire contract, so that our pipeline knows the endpoint. */
export const path = "/v2/profile"

const profile = { id: "ada", name: "Ada Lovelace", email: "ada@example.com", version: 7 }

export const body = JSON.stringify(profile)

/** Throws unless the parsed answer is the one that was sent. */
export const check = (answer: unknown): void => {
  if (typeof answer !== "object" || answer === null || !("version" in answer) || answer.version !== profile.version) {
    throw new Error("not the answer that was sent")
  }
}
