/** What the sections of a `dataset.yaml` are written in: names, paths, patterns and grey values. */
import { z } from "zod";

export const name = z
  .string()
  .regex(/^\p{L}[\p{L}\p{N} ._+/-]*$/u, "must begin with a letter and hold only letters, digits, spaces and . _ + / -")
  .max(80);

export const domainName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._+/-]*$/u, "must hold only letters, digits, spaces and . _ + / -")
  .max(80);

export const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#ff0000"');

export const level = z.int().min(0).max(65535);

/** One of them, or several. */
export const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);

export const pattern = z
  .string()
  .regex(
    /^(?:[^{}\\\0]|\{id\}|\{modality\})*$/,
    "may hold no braces but {id}, or {modality} beside a question, and / between folders",
  )
  .regex(/\{id\}/, "must hold {id}, as in images/{id}.png")
  .refine(
    (text) => text.split("/").every((part) => part.split("{id}").length <= 2),
    "must not hold {id} twice between two slashes",
  );

export const path = z.string().min(1).max(4096);

export const id = z.string().min(1).max(255);

export const column = z.string().min(1).max(255);

/** Says what is wrong with a key. */
export type Issue = (path: PropertyKey[], message: string) => void;
