package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.publisher.EventPublisher;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the starter adds to the start of an application, and to its heap: the same small application in a JVM of its own,
 * with the starter and without its jars. The tables are there already, as they are but for the first time.
 */
final class StartupBenchmark implements Benchmark {

    private static final int ROUNDS = 4;

    private static final double MEGABYTE = 1024 * 1024;

    /**
     * What an application says of itself.
     *
     * @param seconds from the start of its JVM until it is ready
     * @param megabytes used of its heap after a collection, some seconds later
     */
    private record Started(double seconds, double megabytes) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.2f s %.1f MB", this.seconds, this.megabytes);
        }
    }

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        String with = System.getProperty("java.class.path");
        String without = withoutStarter(with);
        try (Servers servers = Servers.launch()) {
            Comparison<Started> comparison = Comparison.interleaved(
                    scale.rounds(ROUNDS), () -> start(servers, with), () -> start(servers, without));
            return List.of(
                    added(comparison)
                            .figure(
                                    "startup-added",
                                    "beside the same application without the starter",
                                    "s",
                                    Target.NONE,
                                    Started::seconds),
                    comparison.figure("memory", "heap after the start", "MB", Target.NONE, Started::megabytes));
        }
    }

    private static Comparison<Started> added(Comparison<Started> comparison) {
        return new Comparison<>(comparison.rounds().stream()
                .map(round -> new Comparison.Round<>(
                        new Started(round.ours().seconds() - round.reference().seconds(), 0), round.reference()))
                .toList());
    }

    /**
     * Takes out our jar, and those of Resilience4j, which an application without the starter need not have.
     */
    private static String withoutStarter(String classPath) throws URISyntaxException {
        Path ours = Path.of(EventPublisher.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return Arrays.stream(classPath.split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).equals(ours))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("resilience4j-"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Started start(Servers servers, String classPath) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-cp", classPath, StartedApplication.class.getName()));
        command.addAll(Application.addresses(servers));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("The application did not start: " + output);
        }
        String[] figures = output.substring(output.indexOf(StartedApplication.RESULT))
                .trim()
                .split(" ");
        return new Started(Long.parseLong(figures[1]) / 1e3, Long.parseLong(figures[2]) / MEGABYTE);
    }
}
