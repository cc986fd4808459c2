// One of a few: radio buttons that look like one strip, and lists.

import type { ComponentChildren } from "preact";

interface ChoicesProps<T extends string | number> {
  name: string;
  legend: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

export function Choices<T extends string | number>({ name, legend, value, options, onChange }: ChoicesProps<T>) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="choices">
        {options.map(([option, text]) => (
          <label key={option} class="choice">
            <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface ListProps<T extends string> {
  label: ComponentChildren;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  describedBy?: string;
}

export function List<T extends string>({ label, value, options, onChange, describedBy }: ListProps<T>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value}
        aria-describedby={describedBy}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
