package io.github.resilientkafka.benchmarks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What to run, and where results go.
 *
 * @param only names from the report; all if empty
 * @param scale the size
 * @param profile whether to write flight recordings
 * @param docs the directory of the published report
 * @param work the directory of everything else
 */
record Options(Set<String> only, Scale scale, boolean profile, Path docs, Path work) {

    /**
     * Reads {@code --name=value} arguments.
     */
    static Options parse(List<String> arguments) {
        Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals < 0) {
                throw new IllegalArgumentException("Not an option: " + argument);
            }
            values.put(
                    argument.substring(2, equals),
                    argument.substring(equals + 1).trim());
        }
        return new Options(
                Set.copyOf(Stream.of(values.getOrDefault("only", "").split("[,\\s]+"))
                        .filter(name -> !name.isEmpty())
                        .toList()),
                new Scale(Double.parseDouble(values.getOrDefault("scale", "1"))),
                Boolean.parseBoolean(values.get("profile")),
                Path.of(values.getOrDefault("docs", "docs")).normalize(),
                Path.of(values.getOrDefault("work", "target/benchmarks")).normalize());
    }

    /**
     * Whether the figures may be published: nothing left out, nothing made smaller, nothing else recorded meanwhile.
     */
    boolean isOfficial() {
        return this.only.isEmpty() && this.scale.isFull() && !this.profile;
    }
}
