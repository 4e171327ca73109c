package io.github.resilientkafka.guest;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;

/**
 * Applies to every String of every entity of the application, as it may; not to ours.
 */
@Converter(autoApply = true)
public class TrimmingConverter implements AttributeConverter<String, String> {

    @Override
    public String convertToDatabaseColumn(String attribute) {
        return attribute == null ? null : "converted:" + attribute;
    }

    @Override
    public String convertToEntityAttribute(String column) {
        return column == null ? null : column.replace("converted:", "");
    }
}
