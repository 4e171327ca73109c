package io.github.resilientkafka.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The figures as a page for people and as a table for programs. What people have written under {@value #NOTES} stays.
 *
 * @param figures the figures
 * @param machine where they were measured
 * @param official whether everything ran in full size
 */
record Report(List<Figure> figures, Machine machine, boolean official) {

    static final String FILE = "benchmarks.md";

    static final String CSV_FILE = "benchmarks.csv";

    static final String NOTES = "## Notes";

    private static final String CSV_HEADER = "benchmark,setting,value,unit,reference,ratio";

    private static final String TRY_OUT =
            "**A try-out: something was left out, made smaller or recorded. These figures mean little.**\n\n";

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path page = directory.resolve(FILE);
        String notes = Files.exists(page) ? notesOf(Files.readString(page)) : NOTES + "\n\nNone yet.\n";
        Files.writeString(page, page(notes));
        Files.writeString(directory.resolve(CSV_FILE), csv());
    }

    private static String notesOf(String page) {
        int start = page.indexOf(NOTES);
        return (start < 0) ? NOTES + "\n\nNone yet.\n" : page.substring(start);
    }

    private String page(String notes) throws IOException {
        return template()
                        .replace("{try-out}", this.official ? "" : TRY_OUT)
                        .replace("{table}", table())
                        .replace("{machine}", machineTable())
                + notes;
    }

    private static String template() throws IOException {
        try (InputStream in = Report.class.getResourceAsStream(FILE)) {
            return new String(Objects.requireNonNull(in, FILE).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * The figures as a Markdown table.
     */
    String table() {
        return this.figures.stream().map(Report::row).collect(Collectors.joining("\n", """
                        | benchmark | setting | ours | reference | unit | ratio | lowest – highest | rounds | target | |
                        | --- | --- | ---: | ---: | --- | ---: | --- | ---: | --- | --- |
                        """, ""));
    }

    private static String row(Figure figure) {
        Spread ratio = figure.ratio();
        return "| "
                + String.join(
                        " | ",
                        figure.benchmark(),
                        figure.setting(),
                        people(figure.value()),
                        people(figure.reference()),
                        figure.unit(),
                        String.format(Locale.ROOT, "**%.2f**", ratio.median()),
                        String.format(Locale.ROOT, "%.2f – %.2f", ratio.lowest(), ratio.highest()),
                        "" + ratio.count(),
                        figure.target().toString(),
                        figure.verdict())
                + " |";
    }

    private String machineTable() {
        return this.machine.facts().entrySet().stream()
                .map(fact -> "| " + fact.getKey() + " | " + fact.getValue() + " |")
                .collect(Collectors.joining("\n", "| | |\n| --- | --- |\n", ""));
    }

    /**
     * The figures with comma-separated values; the ratio is the median of the rounds' own, so that value divided by
     * reference need not give it.
     */
    String csv() {
        return this.figures.stream()
                .map(figure -> String.join(
                        ",",
                        field(figure.benchmark()),
                        field(figure.setting()),
                        programs(figure.value()),
                        field(figure.unit()),
                        programs(figure.reference()),
                        String.format(Locale.ROOT, "%.3f", figure.ratio().median())))
                .collect(Collectors.joining("\n", CSV_HEADER + "\n", "\n"));
    }

    private static String field(String text) {
        return (text.contains(",") || text.contains("\"")) ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    private static String people(double value) {
        return String.format(Locale.ROOT, (value < 100) ? "%.2f" : "%,.0f", value);
    }

    private static String programs(double value) {
        return String.format(Locale.ROOT, (value < 100) ? "%.3f" : "%.0f", value);
    }
}
