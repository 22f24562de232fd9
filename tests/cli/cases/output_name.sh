# SPDX-License-Identifier: MIT
# Finished results that cannot have their name are not lost.
make_wav a.wav
mkfifo names
# begin FILE: a run that has its results but for the end of its list.
begin() {
    "$POLYTOME" --json -o "$1" --files-from names &
    run=$!
    exec 9>names
    echo a.wav >&9
    until [[ -s $(compgen -G "$1.??????") ]]; do sleep 0.02; done
}
finish() {
    exec 9>&-
    expect "$1" wait $run
}
masked() {
    sed -E "s|$PWD/||; s/(\.json\.)[A-Za-z0-9]{6}/\1XXXXXX/" complaints
}
# The name has become a folder's.
begin out.json 2>complaints
mkdir out.json
finish 3
masked
cat out.json.?????? | wc -l
rm -r out.json*
# The folder has another name by now, which is said.
mkdir folder
begin folder/out.json 2>complaints
mv folder moved
finish 3
masked
cat moved/out.json.?????? | wc -l
# The folder is gone.
mkdir folder
begin folder/out.json 2>complaints
rm -r folder
finish 3
masked
# Of several outputs each is looked after.
mkfifo pipe.wav
mkdir rows
"$POLYTOME" timeline pipe.wav -o rows/a.csv -o b.csv 2>complaints &
run=$!
exec 9>pipe.wav
until compgen -G 'rows/a.csv.??????' >/dev/null; do sleep 0.02; done
rm -r rows
cat a.wav >&9
finish 3
grep -c 'a.csv: No such file or directory; the file aside was removed, too$' complaints
head -n 1 b.csv | cut -c 1-8
