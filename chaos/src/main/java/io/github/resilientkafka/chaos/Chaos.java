package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.FaultPlan.Planned;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs trials, one after the other, and prints what came of them. Ends with status 1 if a promise was broken.
 */
final class Chaos {

    private static final List<String> OPTIONS =
            List.of("seed", "seconds", "instances", "rate", "runs", "until-broken", "settings", "faults", "evidence");

    private Chaos() {}

    /**
     * Options, all as {@code --name=value}: {@code seed} (drawn if empty), {@code seconds} in which faults begin (60),
     * {@code instances} (2), {@code rate} (events per second and instance, 200), {@code runs} (1; the next one has the
     * next seed), {@code until-broken} (whether the first broken promise is the last run), {@code settings} (more
     * arguments for the applications, separated by blanks), {@code faults} (names, separated by commas; all if empty),
     * {@code evidence} (a directory for journals and logs).
     */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals < 0 || !OPTIONS.contains(argument.substring(2, equals))) {
                throw new IllegalArgumentException("Not an option: " + argument + "; there are " + OPTIONS);
            }
            if (equals < argument.length() - 1) {
                options.put(argument.substring(2, equals), argument.substring(equals + 1));
            }
        }
        long seed = options.containsKey("seed")
                ? Long.parseLong(options.get("seed"))
                : ThreadLocalRandom.current().nextInt(1_000_000);
        Duration length = Duration.ofSeconds(Long.parseLong(options.getOrDefault("seconds", "60")));
        int instances = Integer.parseInt(options.getOrDefault("instances", "2"));
        int rate = Integer.parseInt(options.getOrDefault("rate", "200"));
        int runs = Integer.parseInt(options.getOrDefault("runs", "1"));
        Set<Fault> faults = Stream.of(options.getOrDefault("faults", "").split(","))
                .filter(name -> !name.isBlank())
                .map(name -> Fault.valueOf(name.trim()))
                .collect(Collectors.toSet());
        Set<Fault> choice = faults.isEmpty() ? Set.of(Fault.values()) : faults;
        Set<Fault> possible = World.possibleFaults();
        List<String> settings = Stream.of(options.getOrDefault("settings", "").split(" "))
                .filter(setting -> !setting.isBlank())
                .toList();
        boolean untilBroken = Boolean.parseBoolean(options.get("until-broken"));
        Path evidence = Path.of(options.getOrDefault("evidence", "target/chaos"));

        boolean good = true;
        for (int run = 0; run < runs && (good || !untilBroken); run++) {
            FaultPlan plan = FaultPlan.of(seed + run, length, instances, choice).only(possible);
            good &= run(seed + run, plan, evidence.resolve("seed-" + (seed + run)), instances, rate, settings);
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean run(
            long seed, FaultPlan plan, Path directory, int instances, int rate, List<String> settings)
            throws Exception {
        System.out.printf(
                "Seed %d: %d faults, %d instances, %d events/s each%n",
                seed, plan.faults().size(), instances, rate);
        delete(directory);
        Files.createDirectories(directory);
        Verdict verdict =
                Checker.check(new Trial(directory.toAbsolutePath(), instances, rate, settings).run(plan, world -> {}));
        System.out.print(describe(seed, plan, verdict));
        if (verdict.isGood()) {
            delete(directory);
        } else {
            System.out.printf("Journals and logs are in %s; seed %d repeats it.%n", directory, seed);
        }
        return verdict.isGood();
    }

    static String describe(long seed, FaultPlan plan, Verdict verdict) {
        String faults = plan.faults().stream()
                .collect(Collectors.groupingBy(Planned::fault, TreeMap::new, Collectors.counting()))
                .toString();
        StringBuilder text = new StringBuilder(
                "Seed %d: %s%n".formatted(seed, verdict.isGood() ? "all promises kept" : "BROKEN PROMISES"));
        text.append("  faults        %s%n".formatted(faults));
        text.append("  events        %d published, %s%n".formatted(verdict.published(), verdict.outcomes()));
        text.append("  rows          %d resolved%n".formatted(verdict.resolved()));
        text.append("  circuits      %d times opened%n".formatted(verdict.circuitOpenings()));
        text.append("  duplicates    %s%n".formatted(verdict.duplicates()));
        text.append("  handled again %s%n".formatted(verdict.repeats()));
        text.append("  dead letters  %d%n".formatted(verdict.deadLetters()));
        verdict.findings().forEach((rule, count) -> text.append("  ! %s (%d)%n".formatted(rule, count)));
        verdict.violations().stream().limit(20).forEach(violation -> text.append("    %s%n".formatted(violation)));
        if (verdict.violations().size() > 20) {
            text.append("    and %d more%n".formatted(verdict.violations().size() - 20));
        }
        return text.toString();
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            List<Path> paths;
            try (Stream<Path> walk = Files.walk(directory)) {
                paths = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path path : paths) {
                Files.delete(path);
            }
        }
    }
}
