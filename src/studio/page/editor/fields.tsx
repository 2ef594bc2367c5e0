/** The fields of the settings. */

/** A slider with its name before it and its value behind. */
export function Slider(props: {
  name: string;
  value: number;
  least: number;
  most: number;
  unit?: string;
  onInput: (value: number) => void;
}) {
  const { name, value, least, most, unit = "", onInput } = props;
  return (
    <label class="editor-slider">
      <span>{name}</span>
      <input
        type="range"
        min={least}
        max={most}
        value={value}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      {/* After the slider: a label names the first of both. */}
      <output>{`${value}${unit}`}</output>
    </label>
  );
}

/** A box to tick. */
export function Tick(props: { name: string; isOn: boolean; isOff?: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label class="editor-tick">
      <input
        type="checkbox"
        checked={props.isOn}
        disabled={props.isOff ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.name}
    </label>
  );
}
