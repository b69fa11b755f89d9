import io
import zipfile


def of_pickle(data, compression=zipfile.ZIP_STORED, **more):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as records:
        records.writestr("a/data.pkl", data)
        for name, content in more.items():
            records.writestr(f"a/data/{name}", content)
    file.seek(0)
    return file


def renamed(state, path):
    """The state with another key in place of one."""
    key, *below = path
    if below:
        changed = renamed(state[key], below)
        return [*state[:key], changed, *state[key + 1 :]] if isinstance(state, list) else {**state, key: changed}
    return {f"{name}_" if name == key else name: value for name, value in state.items()}
