package io.github.resilientkafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What an IDE shows of our properties, and what our documentation says of them.
 */
@DisplayName("STYLE §2.12: every property is described, the way Spring Boot describes its own")
class ConfigurationMetadataTests {

    private static final String PREFIX = "resilient-kafka.";

    private final List<Property> properties = properties();

    @Test
    void everyPropertyIsDescribed() {
        assertThat(this.properties).hasSizeGreaterThan(20).allSatisfy(property -> assertThat(property.description())
                .isNotBlank());
    }

    @Test
    void descriptionsArePlainSentencesThatStartWithoutAnArticle() {
        assertThat(this.properties).allSatisfy(property -> assertThat(property.description())
                .as(property.name())
                .endsWith(".")
                .matches("[A-Z][^<>{}`*]+")
                .doesNotStartWithIgnoringCase("the ")
                .doesNotStartWithIgnoringCase("a ")
                .doesNotStartWithIgnoringCase("an "));
    }

    @Test
    void switchesSayWhether() {
        assertThat(this.properties)
                .filteredOn(property -> property.type().equals(Boolean.class.getName()))
                .isNotEmpty()
                .allSatisfy(property -> assertThat(property.description()).startsWith("Whether "));
    }

    @Test
    void noDescriptionRepeatsItsDefault() {
        assertThat(this.properties)
                .filteredOn(property -> !property.defaultValue().isEmpty())
                .isNotEmpty()
                .allSatisfy(property -> assertThat(property.description().toLowerCase(Locale.ROOT))
                        .as(property.name())
                        .doesNotContain("default"));
    }

    @Test
    void timesAndSizesHaveTypesWithUnits() {
        assertThat(this.properties)
                .filteredOn(property -> property.name().matches(".*(timeout|interval|lease|retention|bytes)"))
                .isNotEmpty()
                .extracting(Property::type)
                .containsOnly("java.time.Duration", "org.springframework.util.unit.DataSize");
    }

    @Test
    @DisplayName("docs/configuration.md lists every property, and nothing else, with its default")
    void theDocumentationIsComplete() throws IOException {
        Map<String, String> documented = documented();
        assertThat(documented)
                .containsOnlyKeys(this.properties.stream().map(Property::name).toList());
        assertThat(this.properties)
                .filteredOn(property -> !property.defaultValue().isEmpty())
                .allSatisfy(property -> assertThat(documented.get(property.name()))
                        .as(property.name())
                        .isEqualTo(property.defaultValue()));
    }

    /**
     * Names and defaults of the table of properties.
     */
    private static Map<String, String> documented() throws IOException {
        return Files.readAllLines(Path.of("../docs/configuration.md")).stream()
                .dropWhile(line -> !line.startsWith("| `resilient-kafka.`"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split("\\|"))
                .collect(Collectors.toMap(
                        cells -> PREFIX + plain(cells[1]).replace(".*", ""), cells -> plain(cells[2])));
    }

    private static String plain(String cell) {
        return cell.replace("`", "").trim();
    }

    private static List<Property> properties() {
        try (InputStream json =
                ConfigurationMetadataTests.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return StreamSupport.stream(
                            new ObjectMapper().readTree(json).path("properties").spliterator(), false)
                    .map(Property::of)
                    .filter(property -> property.name().startsWith(PREFIX))
                    .toList();
        } catch (IOException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private record Property(String name, String type, String description, String defaultValue) {

        static Property of(JsonNode json) {
            return new Property(
                    json.path("name").asText(),
                    json.path("type").asText(),
                    json.path("description").asText(),
                    json.path("defaultValue").asText());
        }
    }
}
