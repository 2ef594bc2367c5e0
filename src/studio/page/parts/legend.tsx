/** Which colour stands for which class. */

/** The legend. */
export function Legend({ labels }: { labels: readonly { readonly name: string; readonly colour: string }[] }) {
  return (
    <ul class="legend" aria-label="Classes">
      {labels.map(({ name, colour }) => (
        <li key={name}>
          <span class="swatch" style={{ backgroundColor: colour }} aria-hidden="true" />
          <bdi>{name}</bdi>
        </li>
      ))}
    </ul>
  );
}
