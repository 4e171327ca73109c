package io.github.resilientkafka.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs one benchmark in a JVM of its own: {@link #main} is that JVM, {@link #run} starts it.
 */
final class BenchmarkJvm {

    static final String JVM_OPTIONS = "-Xms2g -Xmx2g -XX:+UseG1GC";

    private BenchmarkJvm() {}

    /**
     * Starts the JVM, waits for it and returns its figures.
     * @throws IllegalStateException if the benchmark failed
     */
    static List<Figure> run(Suite suite, Options options) throws IOException, InterruptedException {
        Path result = options.work().resolve(suite + ".figures");
        Files.deleteIfExists(result);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JVM_OPTIONS.split(" ")));
        if (options.profile()) {
            Path recording = options.work().resolve(suite + ".jfr");
            command.add("-XX:StartFlightRecording=settings=profile,filename=" + recording);
            command.add("-Xlog:jfr+startup=off");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BenchmarkJvm.class.getName()));
        command.addAll(List.of(suite.name(), "" + options.scale().factor(), result.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        int status = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(end);
        if (status != 0) {
            throw new IllegalStateException(suite + " failed with status " + status);
        }
        return Files.readAllLines(result).stream().map(Figure::parse).toList();
    }

    /**
     * Measures.
     * @param arguments the benchmark, the scale, the file for the figures, beside which plots are written
     */
    public static void main(String[] arguments) {
        try {
            Suite suite = Suite.valueOf(arguments[0]);
            Path result = Path.of(arguments[2]);
            List<Figure> figures = suite.benchmark().run(new Scale(Double.parseDouble(arguments[1])));
            Files.write(result, figures.stream().map(Figure::toLine).toList());
            for (Map.Entry<String, String> plot : suite.benchmark().plots().entrySet()) {
                Files.writeString(result.resolveSibling(plot.getKey()), plot.getValue());
            }
            System.exit(0);
        } catch (Exception | Error ex) {
            ex.printStackTrace();
            System.exit(1);
        }
    }
}
