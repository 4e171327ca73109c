package io.github.resilientkafka.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs benchmarks one after the other and writes the report: to {@code docs} if all ran in full size, else beside the
 * other output of the build.
 */
public final class Benchmarks {

    private Benchmarks() {}

    /**
     * Runs.
     * @param arguments see {@link Options}
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Options options = Options.parse(List.of(arguments));
        Files.createDirectories(options.work());
        Machine machine = Machine.look();
        List<Figure> figures = new ArrayList<>();
        List<Suite> failed = new ArrayList<>();
        for (Suite suite : Suite.select(options.only())) {
            Progress.say(suite.toString());
            long start = System.nanoTime();
            try {
                figures.addAll(BenchmarkJvm.run(suite, options));
            } catch (IllegalStateException ex) {
                // The others' figures are worth having; a report with a gap is none for docs.
                failed.add(suite);
            }
            Progress.say("  " + suite + " took " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + " s");
        }
        boolean official = options.isOfficial() && failed.isEmpty();
        Path directory = official ? options.docs() : options.work();
        Report report = new Report(figures, machine, official);
        report.write(directory);
        if (official) {
            for (Suite suite : Suite.values()) {
                for (String plot : suite.benchmark().plots().keySet()) {
                    Files.copy(
                            options.work().resolve(plot), directory.resolve(plot), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        System.out.println();
        System.out.println(report.table());
        Progress.say("Written to " + directory.resolve(Report.FILE));
        if (!failed.isEmpty()) {
            Progress.say("FAILED: " + failed);
            System.exit(1);
        }
    }
}
