/** The pictures on the buttons: lines on 20 x 20, in the colour of the text. */
import type { ComponentChildren } from "preact";
import type { Tool } from "./settings.js";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="editor-icon" viewBox="0 0 20 20" aria-hidden="true">
      {children}
    </svg>
  );
}

/** One for each tool. */
export const toolIcons: Readonly<Record<Tool, () => ReturnType<typeof Icon>>> = {
  brush: () => (
    <Icon>
      <path d="M16.5 3.5 9 11" />
      <path d="M9 11c-2.4-.6-4 .9-4.2 2.8-.1 1.2-.8 2-2 2.4 2.6 1.2 6.6.8 7.4-2.1.3-1.3-.2-2.5-1.2-3.1Z" />
    </Icon>
  ),
  eraser: () => (
    <Icon>
      <path d="m8 16.5-4-4a1.4 1.4 0 0 1 0-2L10.5 4a1.4 1.4 0 0 1 2 0l3.5 3.5a1.4 1.4 0 0 1 0 2l-7 7Z" />
      <path d="m7.2 7.3 5.5 5.5M8 16.5h8.5" />
    </Icon>
  ),
  polygon: () => (
    <Icon>
      <path d="M4 8 10.5 3.5 16.5 9 13 16H6Z" />
      <g class="solid">
        <circle cx="4" cy="8" r="1.4" />
        <circle cx="10.5" cy="3.5" r="1.4" />
        <circle cx="16.5" cy="9" r="1.4" />
        <circle cx="13" cy="16" r="1.4" />
        <circle cx="6" cy="16" r="1.4" />
      </g>
    </Icon>
  ),
  fill: () => (
    <Icon>
      <path d="m9 3-6 6.5 5 5a1 1 0 0 0 1.4 0L15 9Z" />
      <path d="M3.5 9.5H14.5M7 1.5 9.5 4" />
      <path d="M16.8 12.5s1.4 1.8 1.4 2.8a1.4 1.4 0 0 1-2.8 0c0-1 1.4-2.8 1.4-2.8Z" />
    </Icon>
  ),
  pieces: () => (
    <Icon>
      <circle cx="7" cy="8" r="4" />
      <path d="M13 13.5h5" />
      <path d="M9.5 15.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z" stroke-dasharray="2 1.4" />
    </Icon>
  ),
  pan: () => (
    <Icon>
      <path d="M10 2.5v15M2.5 10h15M7.8 4.7 10 2.5l2.2 2.2M7.8 15.3l2.2 2.2 2.2-2.2M4.7 7.8 2.5 10l2.2 2.2M15.3 7.8l2.2 2.2-2.2 2.2" />
    </Icon>
  ),
};

/** Back one step. */
export function UndoIcon() {
  return (
    <Icon>
      <path d="M4 8h8a4 4 0 0 1 0 8H8M7 4.5 3.5 8 7 11.5" />
    </Icon>
  );
}

/** Forward one step. */
export function RedoIcon() {
  return (
    <Icon>
      <path d="M16 8H8a4 4 0 0 0 0 8h4M13 4.5 16.5 8 13 11.5" />
    </Icon>
  );
}

/** A part that is shown, or not. */
export function EyeIcon({ isShut }: { isShut: boolean }) {
  return (
    <Icon>
      <path d="M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5Z" />
      <circle cx="10" cy="10" r="2.2" />
      {isShut && <path d="m4 16.5 12-13" />}
    </Icon>
  );
}

/** The sheet of keys. */
export function KeysIcon() {
  return (
    <Icon>
      <rect x="2" y="5" width="16" height="10" rx="1.5" />
      <path d="M5 8h.01M8 8h.01M11 8h.01M14.5 8h.01M6.5 12h7" />
    </Icon>
  );
}
